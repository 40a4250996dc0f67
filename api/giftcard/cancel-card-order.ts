import { z } from 'zod';
import { beginOrderCancellation } from '../../db/giftcard/cancel-card-order.ts';
import { findCardOrder } from '../../db/giftcard/card-orders.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  CANCEL_CARD_ORDER,
  cancelCardOrderId,
  GIFTCARD_TASK_QUEUE,
  type CancelCardOrderInput,
} from '../../workflows/giftcard/contract.ts';
import { uuid } from '../http/amounts.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

export const cancelCardOrderRoute = ({ db, temporal, budgetMs }: GiftcardApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/card-orders/{orderId}/cancel',
    summary: 'Give back the cards of my order that nobody has: their money goes back to the wallet',
    auth: 'card.issue',
    idempotent: true,
    params: z.object({ orderId: uuid }),
    responses: { 202: { description: 'On its way: see /v1/escrow-releases' } },
    handler: async ({ params, resourceId, principal, actor, requestId }) => {
      const order = await findCardOrder(db, params.orderId);
      if (order?.hostId !== principal.userId)
        throw new DomainError('card_order_not_found', 'There is no such order of yours.');
      if (order.state !== 'ISSUED')
        throw new DomainError('card_order_not_issued', `The order is ${order.state}.`, { state: order.state });
      await beginOrderCancellation(db, { orderId: order.orderId, cancelId: resourceId }, { actor, requestId });
      const input: CancelCardOrderInput = { orderId: order.orderId, cancelId: resourceId, actor, requestId };
      await startWorkflow(temporal, {
        workflowType: CANCEL_CARD_ORDER,
        workflowId: cancelCardOrderId(resourceId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        args: [input],
        summary: `Cancel order ${order.orderId}`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      return { status: 202, body: { orderId: order.orderId, href: '/v1/escrow-releases' } };
    },
  });
