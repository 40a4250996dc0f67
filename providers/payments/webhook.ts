import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { DomainError } from '../../domain/errors.ts';
import { constantTimeEqual } from '../../runtime/crypto.ts';

interface Message {
  /** The provider's id of the message: it may come more than once. */
  readonly id: string;
  readonly type: string;
}

/** What a message is about. It is a hint: what has happened is looked up. */
export type PaymentWebhook =
  /** `reference`: our intent. */
  | (Message & { readonly kind: 'charge' | 'transfer'; readonly reference: string; readonly reversed: boolean })
  /**
   * A payer disputes the charge: the provider has taken this much of it back. The charge is named by our intent, or by
   * the provider's id of it.
   */
  | (Message & {
      readonly kind: 'dispute';
      readonly charge: { readonly reference: string } | { readonly providerId: string };
      readonly amountMinor: bigint;
    })
  /** Genuine, and nothing that we act on. */
  | (Message & { readonly kind: 'other' });

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody: string;
}

export interface SignedWebhook extends WebhookRequest {
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
 * A webhook by the Standard Webhooks scheme.
 * @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed, validation_failed.
 */
export function verifyWebhook(webhook: SignedWebhook): PaymentWebhook {
  const id = verifyStandardWebhook(webhook);
  const { type, data } = parseJson(webhook.rawBody, body);
  return data.kind === 'dispute'
    ? { id, type, kind: data.kind, charge: { reference: data.reference }, amountMinor: BigInt(data.amount) }
    : { id, type, kind: data.kind, reference: data.reference, reversed: type === 'transfer.reversed' };
}

/** @returns the message's id. @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed. */
export function verifyStandardWebhook({ headers, rawBody, secrets, now }: SignedWebhook): string {
  const [id = '', timestamp = '', signatures = ''] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map(
    (name) => String(headers[name] ?? ''),
  );
  const given = signatures.split(' ').map((signature) => signature.replace(/^v1,/, ''));
  const expected = secrets.map((secret) =>
    createHmac('sha256', Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
      .update(`${id}.${timestamp}.${rawBody}`)
      .digest('base64'),
  );
  requireSignature(id !== '' && anyEqual(expected, given));
  requireFresh(timestamp, now);
  return id;
}

export const anyEqual = (expected: readonly string[], given: readonly string[]): boolean =>
  expected.some((one) => given.some((other) => constantTimeEqual(Buffer.from(one), Buffer.from(other))));

export function requireSignature(matches: boolean): void {
  if (!matches) throw new DomainError('webhook_signature_invalid', 'The signature does not match.');
}

/** A message that was overheard cannot be sent again later. */
export function requireFresh(timestampS: string, now: number): void {
  if (!(Math.abs(now / 1_000 - Number(timestampS)) <= TOLERANCE_S))
    throw new DomainError('webhook_timestamp_skewed', 'The webhook is too old or from the future.');
}

/** @throws DomainError validation_failed. */
export function parseJson<T>(text: string, schema: z.ZodType<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new DomainError('validation_failed', 'The body is not JSON.');
  }
  return schema.parse(value);
}
