import { z } from 'zod';
import { parseJson, verifyStandardWebhook, type SignedWebhook } from '../payments/webhook.ts';

/** What a message is about. It is a hint: what has happened is looked up. */
export interface AirtimeWebhook {
  /** The provider's id of the message: it may come more than once. */
  readonly id: string;
  readonly type: string;
  /** Our intent. */
  readonly reference: string;
}

const body = z.object({ type: z.string().max(100), data: z.object({ reference: z.string().max(100) }) });

/**
 * A message of the airtime provider, by the Standard Webhooks scheme.
 * @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed, validation_failed.
 */
export function verifyAirtimeWebhook(webhook: SignedWebhook): AirtimeWebhook {
  const id = verifyStandardWebhook(webhook);
  const { type, data } = parseJson(webhook.rawBody, body);
  return { id, type, reference: data.reference };
}
