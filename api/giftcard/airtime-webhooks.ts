import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { findVendOfIntent } from '../../db/giftcard/vend-airtime.ts';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import {
  REVERSE_AIRTIME,
  reverseAirtimeId,
  VEND_HINT,
  vendAirtimeId,
  type ReverseAirtimeInput,
} from '../../workflows/giftcard/airtime.contract.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A message is a hint: the provider is asked by the workflow that it wakes. */
export const airtimeWebhookRoute = ({ db, temporal, budgetMs, verifyAirtimeWebhook }: GiftcardApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/airtime',
    summary: 'Messages of the airtime provider',
    auth: 'public',
    responses: { 204: { description: 'Received' } },
    handler: async ({ headers, rawBody, requestId }) => {
      const { id, type, reference: intentId } = verifyAirtimeWebhook({ headers, rawBody });
      const vend = UUID.test(intentId) ? await findVendOfIntent(db, intentId) : undefined;
      if (!vend) return { status: 204 };
      const { vendId } = vend;
      // Before the message is remembered: were it lost in between, the next attempt would pass for a repeat.
      await wake(temporal, vendId);
      if (type === 'top_up.reversed') {
        await startWorkflow(temporal, {
          workflowType: REVERSE_AIRTIME,
          workflowId: reverseAirtimeId(intentId, id),
          taskQueue: GIFTCARD_TASK_QUEUE,
          args: [{ vendId, intentId, requestId } satisfies ReverseAirtimeInput],
          summary: `Top-up ${vendId} was taken back`,
          searchAttributes: { RequestId: requestId },
          memo: { requestId },
          budgetMs,
        });
      }
      await receiveWebhook(db, { id: `airtime:${id}`, type, reference: intentId });
      return { status: 204 };
    },
  });

/** A top-up that has ended needs no hint, and one that was lost is started again without. */
async function wake(temporal: Client, vendId: string): Promise<void> {
  try {
    await temporal.workflow.getHandle(vendAirtimeId(vendId)).signal(VEND_HINT);
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
