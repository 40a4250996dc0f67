import type { z } from 'zod';
import type { Permission } from '../../domain/permissions.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import type { Log } from '../../runtime/log.ts';

export interface Reply {
  readonly status: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** The media type of a body that is text. */
  readonly type?: string;
}

/** What a handler gets: everything parsed, nothing of HTTP. */
export interface RouteInput<P, Q, B> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** As it came, byte for byte: for signatures. */
  readonly rawBody: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Where the request came from, as far as the socket says. */
  readonly clientAddress: string;
  readonly requestId: string;
  /** Of an idempotent call: the same caller, route and key give the same id in every attempt. Else a new one. */
  readonly resourceId: string;
  readonly log: Log;
}

export interface AuthorisedInput<P, Q, B> extends RouteInput<P, Q, B> {
  readonly principal: Principal;
  /** `user:<id>` or `api-key:<id>`, for events. */
  readonly actor: string;
}

interface RouteBase<P, Q, B> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** With parameters as `{name}`, as OpenAPI writes them. */
  readonly path: string;
  readonly summary: string;
  readonly params?: z.ZodType<P>;
  readonly query?: z.ZodType<Q>;
  readonly body?: z.ZodType<B>;
  /** By status; the schema is that of the JSON body. */
  readonly responses: Readonly<Record<number, { readonly description: string; readonly schema?: z.ZodType }>>;
  /** An unsafe call that must carry an `Idempotency-Key`. Never where the answer holds a secret: answers are kept. */
  readonly idempotent?: boolean;
  /** Members of the body that leave no trace, not even a hash, where the request is remembered. */
  readonly secretMembers?: readonly string[];
}

export interface PublicRoute<P, Q, B> extends RouteBase<P, Q, B> {
  readonly auth: 'public';
  readonly handler: (input: RouteInput<P, Q, B>) => Promise<Reply>;
}

export interface AuthorisedRoute<P, Q, B> extends RouteBase<P, Q, B> {
  readonly auth: Permission;
  readonly handler: (input: AuthorisedInput<P, Q, B>) => Promise<Reply>;
}

export type Route = RouteBase<unknown, unknown, unknown> & {
  readonly auth: 'public' | Permission;
  readonly handler: (input: AuthorisedInput<never, never, never>) => Promise<Reply>;
};

/** One definition gives parsing, a typed handler, authorisation, and the route's part of the OpenAPI document. */
export function defineRoute<P = undefined, Q = undefined, B = undefined>(
  route: PublicRoute<P, Q, B> | AuthorisedRoute<P, Q, B>,
): Route {
  return route;
}
