import { findSettlementIntent } from '../../db/giftcard/reverse-payout.ts';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  REVERSE_PAYOUT,
  reversePayoutId,
  type ReversePayoutInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

/**
 * Transfers are looked up by the workflows that sent them; here the message is verified and kept. Of a payout that came
 * back nobody would know: that is looked into.
 */
export const paymentWebhookRoute = ({ db, temporal, budgetMs, verifyPaymentWebhook }: GiftcardApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/payments',
    summary: 'Messages of the payment provider',
    auth: 'public',
    responses: { 204: { description: 'Received' } },
    handler: async ({ headers, rawBody, requestId }) => {
      const webhook = verifyPaymentWebhook({ headers, rawBody });
      if (webhook.kind !== 'transfer') return { status: 204 };
      const { reference: intentId, id } = webhook;
      // Started before the message is remembered: were it lost in between, the next attempt would pass for a repeat.
      if (webhook.reversed && (await findSettlementIntent(db, intentId))) {
        await startWorkflow(temporal, {
          workflowType: REVERSE_PAYOUT,
          workflowId: reversePayoutId(intentId, id),
          taskQueue: GIFTCARD_TASK_QUEUE,
          args: [{ intentId, requestId } satisfies ReversePayoutInput],
          summary: `Payout ${intentId} came back`,
          searchAttributes: { RequestId: requestId },
          memo: { requestId },
          budgetMs,
        });
      }
      await receiveWebhook(db, webhook);
      return { status: 204 };
    },
  });
