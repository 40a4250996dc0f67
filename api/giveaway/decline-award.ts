import { z } from 'zod';
import { declineAward } from '../../db/giveaway/decline-award.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

export const declineAwardRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/awards/{awardId}/decline',
    summary: 'Decline a prize: it goes to the next in the ranking, and does not come back',
    auth: 'award.claim',
    idempotent: true,
    params: z.object({ awardId: uuid }),
    responses: { 200: { description: 'Declined' } },
    handler: async ({ params, principal, actor, requestId }) => {
      const award = await declineAward(db, { ...params, participantId: principal.userId }, { actor, requestId });
      return { status: 200, body: { awardId: award.id, giveawayId: award.giveawayId, state: award.state } };
    },
  });
