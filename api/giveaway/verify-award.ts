import { z } from 'zod';
import { verifyAward } from '../../db/giveaway/verify-award.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { requireJudge } from './review-participants.ts';

export const verifyAwardRoute = ({ db }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/awards/{awardId}/verify',
    summary: 'Say that a claim is good: the prize is handed over. To refuse it takes a disqualification by two people',
    auth: 'giveaway.judge',
    idempotent: true,
    params: z.object({ giveawayId: uuid, awardId: uuid }),
    responses: { 200: { description: 'Verified; the prize follows' } },
    handler: async ({ params, principal, actor, requestId }) => {
      const byHost = await requireJudge(db, params.giveawayId, principal);
      const decision = { ...params, byHost, decidedBy: `user:${principal.userId}` };
      const { id, giveawayId, state } = await verifyAward(db, decision, { actor, requestId });
      return { status: 200, body: { awardId: id, giveawayId, state } };
    },
  });
