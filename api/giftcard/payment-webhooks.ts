import { WorkflowNotFoundError } from '@temporalio/client';
import type { Database } from '../../db/connect.ts';
import { findSettlementIntent } from '../../db/giftcard/reverse-payout.ts';
import { findRefundIntent } from '../../db/giftcard/reverse-pull-back.ts';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import { PROVIDER_CONFIRMED } from '../../workflows/payments/contract.ts';
import {
  refundRedemptionId,
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
 * What the provider tells us of a transfer is a hint to look it up, for whoever waits for its end. Of a payout or
 * a pull-back that came back nobody would know: that is looked into.
 */
export const paymentWebhookRoute = (deps: GiftcardApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/payments',
    summary: 'Messages of the payment provider',
    auth: 'public',
    responses: { 204: { description: 'Received' } },
    handler: async ({ headers, rawBody, requestId }) => {
      const { db, temporal, budgetMs } = deps;
      const webhook = deps.verifyPaymentWebhook({ headers, rawBody });
      if (webhook.kind !== 'transfer') return { status: 204 };
      const { reference: intentId, id } = webhook;
      const transfer = await findTransfer(db, intentId);
      // Started before the message is remembered: were it lost in between, the next attempt would pass for a repeat.
      if (webhook.reversed && transfer) {
        const { type, idOf, what } = transfer.reversal;
        await startWorkflow(temporal, {
          workflowType: type,
          workflowId: idOf(intentId, id),
          summary: `${what} ${intentId} came back`,
          taskQueue: GIFTCARD_TASK_QUEUE,
          args: [{ intentId, requestId } satisfies ReversePayoutInput],
          searchAttributes: { RequestId: requestId },
          memo: { requestId },
          budgetMs,
        });
      }
      if ((await receiveWebhook(db, webhook)) && transfer?.awaited) await hint(deps, transfer.workflowId);
      return { status: 204 };
    },
  });

const PAYOUT_CAME_BACK = { type: REVERSE_PAYOUT, idOf: reversePayoutId, what: 'Payout' };
const PULL_BACK_CAME_BACK = { type: REVERSE_PULL_BACK, idOf: reversePullBackId, what: 'Pull-back' };

/** @returns undefined where the transfer is none of this book's. */
async function findTransfer(db: Database, intentId: string) {
  const payout = await findSettlementIntent(db, intentId);
  if (payout) return { ...payout, reversal: PAYOUT_CAME_BACK };
  const pullBack = await findRefundIntent(db, intentId);
  if (!pullBack) return undefined;
  const { refundId, awaited } = pullBack;
  return { workflowId: refundRedemptionId(refundId), awaited, reversal: PULL_BACK_CAME_BACK };
}

async function hint({ temporal }: GiftcardApi, workflowId: string): Promise<void> {
  try {
    await temporal.workflow.getHandle(workflowId).signal(PROVIDER_CONFIRMED);
  } catch (error) {
    // Ended already: nobody waits for the hint.
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
