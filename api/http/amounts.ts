import { z } from 'zod';
import { isCurrency } from '../../domain/currencies.ts';
import type { ErrorCode } from '../../domain/errors.ts';

/** 10^15 minor units: ten trillion dollars. */
const MAX_AMOUNT_MINOR = 10n ** 15n;

/** A field may say its own code: it becomes that of the whole problem. */
const refuse = (context: z.RefinementCtx, code: ErrorCode, message: string): never => {
  context.addIssue({ code: 'custom', message, params: { code } });
  return z.NEVER;
};

const minor = (value: unknown, context: z.RefinementCtx): bigint => {
  if (typeof value !== 'string' || !/^-?\d{1,30}$/.test(value))
    return refuse(context, 'amount_invalid', 'An amount is a string of whole minor units, e.g. "1050".');
  const amount = BigInt(value);
  return amount > MAX_AMOUNT_MINOR
    ? refuse(context, 'amount_too_large', `An amount is at most ${MAX_AMOUNT_MINOR}.`)
    : amount;
};

/** A string of minor units as bigint, with a code of its own for each way of being wrong. */
export const amountMinor = z
  .unknown()
  .transform(minor)
  .transform((amount, context): bigint =>
    amount > 0n ? amount : refuse(context, 'amount_not_positive', 'An amount is more than zero.'),
  )
  .meta({ type: 'string', pattern: '^[0-9]{1,16}$', description: 'Minor units.', examples: ['1050'] });

/** The same, where nothing is an amount too: fees and bounds. */
export const minorOrZero = z
  .unknown()
  .transform(minor)
  .transform((amount, context): bigint =>
    amount >= 0n ? amount : refuse(context, 'amount_invalid', 'This amount is zero or more.'),
  )
  .meta({ type: 'string', pattern: '^[0-9]{1,16}$', description: 'Minor units, or 0.', examples: ['0'] });

/** An active ISO 4217 code in capitals. */
export const currency = z
  .unknown()
  .transform((value, context): string =>
    isCurrency(value)
      ? value
      : refuse(context, 'currency_unsupported', 'A currency is an ISO 4217 code in capitals, e.g. "USD".'),
  )
  .meta({ type: 'string', pattern: '^[A-Z]{3}$', description: 'ISO 4217.', examples: ['USD'] });

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'expected a UUID')
  .meta({ format: 'uuid' });
