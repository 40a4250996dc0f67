import { randomUUID } from 'node:crypto';
import type { Next } from 'koa';
import type { Log } from '../../runtime/log.ts';
import type { AppContext } from './app-state.ts';

/** What we take over from a caller: it goes into log lines, memos and events. */
const VALID = /^[A-Za-z0-9._-]{1,64}$/;

/** Takes over `X-Request-Id` or makes one: it is in the answer and in every log line of the request. */
export const identify =
  (log: Log) =>
  (context: AppContext, next: Next): Promise<void> => {
    const given = context.get('x-request-id');
    const requestId = VALID.test(given) ? given : randomUUID();
    context.state.requestId = requestId;
    context.state.log = log.child({ requestId });
    context.set('x-request-id', requestId);
    return next();
  };
