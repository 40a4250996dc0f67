import type { Log } from './log.ts';

export interface ErrorContext {
  readonly requestId?: string;
  /** Where it happened: a route, an activity, a consumer. */
  readonly where: string;
}

/**
 * The one place where a failure that its caller must not see goes with its cause. Whoever wants a tracker besides the
 * log attaches it here.
 */
export function reportError(log: Log, error: unknown, context: ErrorContext): void {
  log.error({ err: error, ...context }, `${context.where} failed`);
}
