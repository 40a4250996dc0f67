import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { fromStripeAmount } from './stripe-amounts.ts';
import {
  anyEqual,
  parseJson,
  requireFresh,
  requireSignature,
  type PaymentWebhook,
  type SignedWebhook,
} from './webhook.ts';

const event = z.object({
  id: z.string(),
  type: z.string(),
  data: z.object({
    object: z.looseObject({
      object: z.string(),
      transfer_group: z.string().nullish(),
      charge: z.string().nullish(),
      amount: z.number().nullish(),
      currency: z.string().nullish(),
    }),
  }),
});

/**
 * A webhook by Stripe's scheme: `Stripe-Signature: t=…,v1=…`, over the time and the body.
 * @throws DomainError webhook_signature_invalid, webhook_timestamp_skewed, validation_failed.
 */
export function verifyStripeWebhook({ headers, rawBody, secrets, now }: SignedWebhook): PaymentWebhook {
  const pairs = String(headers['stripe-signature'] ?? '')
    .split(',')
    .map((pair) => pair.trim().split('='));
  const valuesOf = (name: string): string[] => pairs.filter(([key]) => key === name).map(([, value = '']) => value);
  const [timestamp = ''] = valuesOf('t');
  const expected = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${timestamp}.${rawBody}`).digest('hex'),
  );
  requireSignature(timestamp !== '' && anyEqual(expected, valuesOf('v1')));
  requireFresh(timestamp, now);
  return toWebhook(parseJson(rawBody, event));
}

function toWebhook({ id, type, data }: z.output<typeof event>): PaymentWebhook {
  const { object, transfer_group: reference, charge, amount, currency } = data.object;
  if (type === 'charge.dispute.created' && charge && amount && currency)
    return {
      id,
      type,
      kind: 'dispute',
      charge: { providerId: charge },
      amountMinor: fromStripeAmount(amount, currency),
    };
  if (reference && (object === 'charge' || object === 'transfer'))
    return { id, type, kind: object, reference, reversed: type === 'transfer.reversed' };
  return { id, type, kind: 'other' };
}
