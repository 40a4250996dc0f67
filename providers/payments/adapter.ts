import type { Config } from '../../runtime/config.ts';
import { httpPayments } from './http.ts';
import type { PaymentsPort } from './port.ts';
import { verifyStripeWebhook } from './stripe-webhook.ts';
import { stripePayments } from './stripe.ts';
import { verifyWebhook, type PaymentWebhook, type WebhookRequest } from './webhook.ts';

/** The payment provider that the configuration names. */
export function createPayments(config: Config<'payments'>): PaymentsPort {
  const connection = {
    baseUrl: config.PAYMENTS_URL,
    apiKey: config.PAYMENTS_API_KEY,
    timeoutMs: config.PAYMENTS_TIMEOUT_MS,
    keyWindowMs: config.PAYMENTS_KEY_WINDOW_MS,
  };
  switch (config.PAYMENTS_ADAPTER) {
    case 'stripe':
      return stripePayments(connection);
    case 'handsel':
      return httpPayments({ ...connection, poolAccount: config.PAYMENTS_POOL_ACCOUNT });
  }
}

/** @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed, validation_failed. */
export type VerifyPaymentWebhook = (request: WebhookRequest) => PaymentWebhook;

export const paymentWebhooks = ({
  PAYMENTS_ADAPTER,
  PAYMENTS_WEBHOOK_SECRETS: secrets,
}: Config<'paymentsWebhooks'>): VerifyPaymentWebhook => {
  const verify = PAYMENTS_ADAPTER === 'stripe' ? verifyStripeWebhook : verifyWebhook;
  return (request) => verify({ ...request, secrets, now: Date.now() });
};
