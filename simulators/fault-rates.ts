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
