import { z } from 'zod';
import { rejectDisqualification } from '../../db/giveaway/reject-disqualification.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireJudge } from './review-participants.ts';

export const rejectDisqualificationRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/disqualifications/{participantId}/reject',
    summary: 'Say that there is nothing in a disqualification that another person asked for',
    auth: 'giveaway.judge',
    idempotent: true,
    params: z.object({ giveawayId: uuid, participantId: uuid }),
    responses: { 200: { description: 'Rejected: prizes that waited for it go on' } },
    handler: async ({ params, principal, actor, requestId }) => {
      const byHost = await requireJudge(db, params.giveawayId, principal);
      const decision = { ...params, byHost, decidedBy: `user:${principal.userId}` };
      return { status: 200, body: await rejectDisqualification(db, decision, { actor, requestId }) };
    },
  });
