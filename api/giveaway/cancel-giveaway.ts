import { z } from 'zod';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { isPublishable } from '../../domain/giveaway.ts';
import { CANCEL_GIVEAWAY, runGiveawayId, type CancelGiveawayInput } from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { updateRunning } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';
import { refuseUntaken, requireOwnGiveaway } from './own-giveaway.ts';

export const cancelGiveawayRoute = ({ db, temporal, budgetMs }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/cancel',
    summary: 'Cancel my giveaway before its draw: the prizes’ money goes back to the wallet',
    auth: 'giveaway.manage',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    body: z.object({ reason: z.string().trim().min(3).max(500) }),
    responses: { 202: { description: 'Cancelled; the money is on its way back' } },
    handler: async ({ params, body, resourceId, principal, actor, requestId }) => {
      const { giveawayId } = params;
      const found = await requireOwnGiveaway(db, giveawayId, principal);
      const decision: CancelGiveawayInput = { giveawayId, reason: body.reason, actor, requestId };
      const reply = { status: 202, body: { giveawayId, href: `/v1/giveaways/${giveawayId}` } };
      if (isPublishable(found.state)) {
        // What was never published has no workflow, and no money: the row is all there is.
        await cancelGiveaway(db, decision, { actor, requestId });
        return reply;
      }
      const answer = await updateRunning(temporal, {
        workflowId: runGiveawayId(giveawayId),
        update: CANCEL_GIVEAWAY,
        updateId: resourceId,
        args: [decision],
        budgetMs,
      });
      // Cancelled already: its workflow is told all the same, because it may have been lost on the way what the row says.
      if (answer || found.state === 'CANCELLED') return reply;
      return refuseUntaken(db, giveawayId, principal, 'giveaway_not_cancellable');
    },
  });
