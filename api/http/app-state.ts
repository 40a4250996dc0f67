import type { ParameterizedContext } from 'koa';
import type { Principal } from '../../runtime/access-tokens.ts';
import type { Log } from '../../runtime/log.ts';

/** What the middleware of one request hand on to each other. */
export interface AppState {
  requestId: string;
  /** Its lines name the request. */
  readonly log: Log;
  /** The pattern of the route, once it is known: log lines and metrics name it, never the path with its ids. */
  route?: string;
  principal?: Principal;
}

export type AppContext = ParameterizedContext<AppState>;
