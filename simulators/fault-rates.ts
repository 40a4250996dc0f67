import { z } from 'zod';

/** How often a fault strikes, of all calls of its kind. */
export const rate = z.number().min(0).max(1);

/** What strikes a call on its way, before or after the provider has done what was asked. */
export const onTheWire = {
  timeout_before: rate,
  timeout_after: rate,
  error_before: rate,
  error_after: rate,
  reset_before: rate,
  reset_after: rate,
  malformed_before: rate,
  malformed_after: rate,
  rate_limit: rate,
};

/** Each call is struck by one fault at most, so the shares of all must fit into one. */
export const ratesSchema = <T extends z.ZodRawShape>(shape: T) =>
  z
    .strictObject(shape)
    .partial()
    .refine((rates) => Object.values(rates).reduce((sum: number, one) => sum + Number(one), 0) <= 1, {
      message: 'rates add up to 1 at most',
    });
