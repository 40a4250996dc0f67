import { z } from 'zod';
import { DRAW_BY_HAND, runGiveawayId, type DrawByHandInput } from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { updateRunning } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { refuseUntaken, requireOwnGiveaway } from './own-giveaway.ts';

const ENDED: ReadonlySet<string> = new Set(['COMPLETED', 'CANCELLED', 'FUNDING_FAILED']);

export const drawByHandRoute = ({ db, temporal, budgetMs }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/draw',
    summary: 'Have my giveaway drawn now, where its rules allow it: entry ends, if it has not ended before',
    auth: 'giveaway.manage',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    responses: { 202: { description: 'Entry has ended; the draw is on its way' } },
    handler: async ({ params, resourceId, principal, actor, requestId }) => {
      const { giveawayId } = params;
      const { state } = await requireOwnGiveaway(db, giveawayId, principal);
      // Its workflow may still be giving prizes back.
      if (ENDED.has(state)) return refuseUntaken(db, giveawayId, principal, 'draw_not_possible');
      const input: DrawByHandInput = { giveawayId, actor, requestId };
      const answer = await updateRunning(temporal, {
        workflowId: runGiveawayId(giveawayId),
        update: DRAW_BY_HAND,
        updateId: resourceId,
        args: [input],
        budgetMs,
      });
      if (answer) return { status: 202, body: { giveawayId, href: `/v1/giveaways/${giveawayId}` } };
      return refuseUntaken(db, giveawayId, principal, 'draw_not_possible');
    },
  });
