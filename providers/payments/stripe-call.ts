import { z } from 'zod';
import { callProvider, type ProviderAnswer, type ProviderConnection } from './call.ts';

/** Answers are of the shape of this version, whatever the account's own is. */
const STRIPE_VERSION = '2024-06-20';

export const postToStripe = (
  connection: ProviderConnection,
  path: string,
  idempotencyKey: string,
  form: Readonly<Record<string, string>>,
): Promise<ProviderAnswer> =>
  callProvider(connection, {
    method: 'POST',
    path,
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      'idempotency-key': idempotencyKey,
      'stripe-version': STRIPE_VERSION,
    },
    body: new URLSearchParams(form).toString(),
  });

export const getFromStripe = (
  connection: ProviderConnection,
  path: string,
  query: Readonly<Record<string, string>> = {},
): Promise<ProviderAnswer> =>
  callProvider(connection, {
    method: 'GET',
    path: `${path}?${new URLSearchParams(query).toString()}`,
    headers: { 'stripe-version': STRIPE_VERSION },
  });

const balanceTransaction = z.object({ fee: z.number().int(), currency: z.string() });

export const charge = z.object({
  id: z.string(),
  object: z.literal('charge'),
  currency: z.string(),
  status: z.enum(['pending', 'succeeded', 'failed']),
  failure_code: z.string().nullish(),
  balance_transaction: z.union([balanceTransaction, z.string()]).nullish(),
});
export const paymentIntent = z.object({
  id: z.string(),
  object: z.literal('payment_intent'),
  status: z.string(),
  latest_charge: charge.nullish(),
});
export const transfer = z.object({
  id: z.string(),
  object: z.literal('transfer'),
  currency: z.string(),
  reversed: z.boolean(),
  balance_transaction: z.union([balanceTransaction, z.string()]).nullish(),
});
export const stripeError = z.object({
  error: z.object({ type: z.string(), code: z.string().nullish(), message: z.string().nullish() }),
});
export const listOf = <T extends z.ZodType>(item: T) => z.object({ data: z.array(item), has_more: z.boolean() });
