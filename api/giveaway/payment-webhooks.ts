import { WorkflowNotFoundError } from '@temporalio/client';
import { receiveWebhook } from '../../db/platform/receive-webhook.ts';
import { verifyWebhook } from '../../providers/payments/webhook.ts';
import { fundWalletId, PROVIDER_CONFIRMED } from '../../workflows/wallet/contract.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

/** What the provider tells us is a hint to look the payment up, and nothing more. */
export const paymentWebhookRoute = ({ db, temporal, webhookSecrets }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/webhooks/payments',
    summary: 'Messages of the payment provider',
    auth: 'public',
    responses: { 204: { description: 'Received' } },
    handler: async ({ headers, rawBody }) => {
      const webhook = verifyWebhook({ headers, rawBody, secrets: webhookSecrets, now: Date.now() });
      if (webhook.kind === 'charge' && (await receiveWebhook(db, webhook))) {
        try {
          await temporal.workflow.getHandle(fundWalletId(webhook.reference)).signal(PROVIDER_CONFIRMED);
        } catch (error) {
          // Ended already, or not ours: nobody waits for the hint.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
      return { status: 204 };
    },
  });
