import { createBreaker, type BreakerOptions } from '../breaker.ts';
import type { SocialPort } from './port.ts';

/** A network that does not answer is left alone for a while. */
export function withBreaker(port: SocialPort, options: BreakerOptions): SocialPort {
  const guarded = createBreaker(options);
  return {
    verify: (question) =>
      guarded({
        ask: () => port.verify(question),
        isUnknown: ({ verdict }) => verdict === 'UNKNOWN',
        whenOpen: (retryAfterMs) => ({ verdict: 'UNKNOWN', evidence: { cause: 'breaker_open' }, retryAfterMs }),
      }),
  };
}
