import { z } from 'zod';
import { currency } from './amounts.ts';

/** Which of the rows that wait for a person: by why, in what, and for how long at least. */
export const caseQuery = {
  reason: z.string().min(1).max(100).optional(),
  currency: currency.optional(),
  minAgeMs: z.coerce
    .number()
    .int()
    .min(0)
    .max(10 ** 11)
    .optional(),
};
