import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { DomainError } from '../../domain/errors.ts';
import { constantTimeEqual } from '../../runtime/crypto.ts';

interface Message {
  /** The provider's id of the message: it may come more than once. */
  readonly id: string;
  readonly type: string;
  /** Our intent. */
  readonly reference: string;
}

export type PaymentWebhook =
  | (Message & { readonly kind: 'charge' | 'transfer' })
  /** A payer disputes the charge: the provider has taken this much of it back. */
  | (Message & { readonly kind: 'dispute'; readonly amountMinor: bigint });

export interface SignedWebhook {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody: string;
  /** `whsec_…`; several while one is being replaced. */
  readonly secrets: readonly string[];
  readonly now: number;
}

const TOLERANCE_S = 300;
const body = z.object({
  type: z.string(),
  data: z.discriminatedUnion('kind', [
    z.object({ kind: z.enum(['charge', 'transfer']), reference: z.string() }),
    z.object({ kind: z.literal('dispute'), reference: z.string(), amount: z.string().regex(/^\d{1,18}$/) }),
  ]),
});

/**
 * A webhook by the Standard Webhooks scheme. What it says of a payment is only a hint: that is looked up.
 * @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed, validation_failed.
 */
export function verifyWebhook({ headers, rawBody, secrets, now }: SignedWebhook): PaymentWebhook {
  const [id, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name] ?? ''),
  );
  const given = (signatures ?? '').split(' ').map((signature) => signature.replace(/^v1,/, ''));
  const expected = secrets.map((secret) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(`${id}.${timestamp}.${rawBody}`)
      .digest('base64'),
  );
  const matches = expected.some((one) =>
    given.some((other) => constantTimeEqual(Buffer.from(one), Buffer.from(other))),
  );
  if (!id || !matches) throw new DomainError('webhook_signature_invalid', 'The signature does not match.');
  if (!(Math.abs(now / 1_000 - Number(timestamp)) <= TOLERANCE_S)) {
    throw new DomainError('webhook_timestamp_skewed', 'The webhook is too old or from the future.');
  }
  const { type, data } = body.parse(JSON.parse(rawBody));
  const message = { id, type, reference: data.reference };
  return data.kind === 'dispute'
    ? { ...message, kind: data.kind, amountMinor: BigInt(data.amount) }
    : { ...message, kind: data.kind };
}
