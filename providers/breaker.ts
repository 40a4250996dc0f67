export interface BreakerOptions {
  /** After so many unknown answers in a row nothing is asked … */
  readonly failures: number;
  /** … for this long; then one question finds out whether it is over. */
  readonly openMs: number;
  readonly now?: () => number;
}

export interface Guarded<T> {
  readonly ask: () => Promise<T>;
  readonly isUnknown: (answer: T) => boolean;
  /** The answer that nobody was asked for. @param retryAfterMs until somebody may be asked. */
  readonly whenOpen: (retryAfterMs: number) => T;
}

/**
 * Leaves a provider alone that does not answer: the others in line are unknown at once instead of after a time-out each.
 * Nothing is lost by it, because what is unknown is asked again.
 */
export function createBreaker({ failures, openMs, now = Date.now }: BreakerOptions) {
  let inARow = 0;
  let opensAgainAt = 0;
  let trying = false;
  return async <T>({ ask, isUnknown, whenOpen }: Guarded<T>): Promise<T> => {
    const restMs = opensAgainAt - now();
    const open = inARow >= failures;
    if (open && (restMs > 0 || trying)) return whenOpen(Math.max(restMs, 0));
    trying = open;
    try {
      const answer = await ask();
      inARow = isUnknown(answer) ? inARow + 1 : 0;
      if (inARow >= failures) opensAgainAt = now() + openMs;
      return answer;
    } finally {
      trying = false;
    }
  };
}
