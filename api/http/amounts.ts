import { z } from 'zod';
import type { ErrorCode } from '../../domain/errors.ts';

/** 10^15 minor units: ten trillion dollars. */
export const MAX_AMOUNT_MINOR = 10n ** 15n;

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

const refuse = (context: z.RefinementCtx, code: ErrorCode, message: string): never => {
  context.addIssue({ code: 'custom', message, params: { code } });
  return z.NEVER;
};

/** A string of minor units as bigint, with a code of its own for each way of being wrong. */
export const amountMinor = z
  .union([z.string(), z.number()])
  .transform((value, context): bigint => {
    const text = String(value);
    if (typeof value !== 'string')
      return refuse(context, 'amount_invalid', 'An amount is a string of minor units, e.g. "1050".');
    if (/^-\d+$/.test(text) || /^0+$/.test(text))
      return refuse(context, 'amount_not_positive', 'An amount is more than zero.');
    if (!/^\d+$/.test(text))
      return refuse(context, 'amount_invalid', 'An amount is a string of whole minor units, e.g. "1050".');
    if (text.length > 18 || BigInt(text) > MAX_AMOUNT_MINOR)
      return refuse(context, 'amount_too_large', `An amount is at most ${MAX_AMOUNT_MINOR}.`);
    return BigInt(text);
  })
  .meta({ description: 'Minor units, as a string of digits' });

/** ISO 4217. */
export const currency = z
  .string()
  .transform((value, context): string =>
    CURRENCIES.has(value)
      ? value
      : refuse(context, 'currency_unsupported', 'A currency is an ISO 4217 code in capitals, e.g. "USD".'),
  );

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'expected a UUID');
