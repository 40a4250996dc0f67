import type { SocialPort } from './port.ts';

export interface BreakerOptions {
  /** After so many unknown answers in a row nothing is asked … */
  readonly failures: number;
  /** … for this long; then one question finds out whether it is over. */
  readonly openMs: number;
  readonly now?: () => number;
}

/**
 * Leaves a network alone that does not answer: the others in line are unknown at once instead of after a time-out each.
 * Nothing is lost by it, because what is unknown is asked again.
 */
export function withBreaker(port: SocialPort, { failures, openMs, now = Date.now }: BreakerOptions): SocialPort {
  let inARow = 0;
  let opensAgainAt = 0;
  let trying = false;
  return {
    verify: async (question) => {
      const restMs = opensAgainAt - now();
      const open = inARow >= failures;
      if (open && (restMs > 0 || trying)) {
        const retryAfterMs = Math.max(restMs, 0);
        return { verdict: 'UNKNOWN', evidence: { cause: 'breaker_open' }, retryAfterMs };
      }
      trying = open;
      try {
        const result = await port.verify(question);
        inARow = result.verdict === 'UNKNOWN' ? inARow + 1 : 0;
        if (inARow >= failures) opensAgainAt = now() + openMs;
        return result;
      } finally {
        trying = false;
      }
    },
  };
}
