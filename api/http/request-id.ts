import { randomUUID } from 'node:crypto';
import type { Next } from 'koa';
import type { Log } from '../../runtime/log.ts';
import type { AppContext, AppState } from './app-state.ts';

/** What we take over from a caller: it goes into log lines, memos and events. */
const VALID = /^[A-Za-z0-9._-]{1,64}$/;

/**
 * A class, because each object literal with a getter gets a hidden class of its own, which outlives what the getter
 * refers to: every request would stay in memory until the next full collection.
 */
class RequestState implements AppState {
  readonly requestId: string;
  readonly #log: Log;

  constructor(requestId: string, log: Log) {
    this.requestId = requestId;
    this.#log = log;
  }

  /** Most requests write no line of their own, and a child of the log costs as much as a line. */
  get log(): Log {
    return this.#log.child({ requestId: this.requestId });
  }
}

/** Takes over `X-Request-Id` or makes one: it is in the answer and in every log line of the request. */
export const identify =
  (log: Log) =>
  (context: AppContext, next: Next): Promise<void> => {
    const given = context.get('x-request-id');
    const requestId = VALID.test(given) ? given : randomUUID();
    context.state = new RequestState(requestId, log);
    context.set('x-request-id', requestId);
    return next();
  };
