import type { Database } from '../../db/connect.ts';
import { findSettlementIntent } from '../../db/giftcard/reverse-payout.ts';
import { findRefundIntent } from '../../db/giftcard/reverse-pull-back.ts';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  REVERSE_PAYOUT,
  REVERSE_PULL_BACK,
  reversePayoutId,
  reversePullBackId,
  type ReversePayoutInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

/**
 * Transfers are looked up by the workflows that sent them; here the message is verified and kept. Of a payout or
 * a pull-back that came back nobody would know: that is looked into.
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
      const reversal = webhook.reversed ? await reversalOf(db, intentId, id) : undefined;
      if (reversal) {
        await startWorkflow(temporal, {
          ...reversal,
          taskQueue: GIFTCARD_TASK_QUEUE,
          args: [{ intentId, requestId } satisfies ReversePayoutInput],
          searchAttributes: { RequestId: requestId },
          memo: { requestId },
          budgetMs,
        });
      }
      await receiveWebhook(db, webhook);
      return { status: 204 };
    },
  });

/** @returns undefined where the transfer is none of this book's. */
async function reversalOf(db: Database, intentId: string, messageId: string) {
  if (await findSettlementIntent(db, intentId))
    return {
      workflowType: REVERSE_PAYOUT,
      workflowId: reversePayoutId(intentId, messageId),
      summary: `Payout ${intentId} came back`,
    };
  if (await findRefundIntent(db, intentId))
    return {
      workflowType: REVERSE_PULL_BACK,
      workflowId: reversePullBackId(intentId, messageId),
      summary: `Pull-back ${intentId} came back`,
    };
  return undefined;
}
