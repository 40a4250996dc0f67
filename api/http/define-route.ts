import type { z } from 'zod';
import type { Command } from '../../db/call-command.ts';
import type { AnswerOnce, OnceAnswered } from '../../db/idempotency/answer-once.ts';
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

/**
 * What a route of `idempotent: 'command'` works out: one command of the database, whose answer is the reply and is kept in the
 * command's own transaction; or a call that keeps by itself what it was asked under which key, and whose answer is the
 * reply.
 */
export type OnceWork =
  | {
      readonly command: Command;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      /**
       * Begins what the command has promised; the caller waits for it. It is called for a repeat as well, in case that the
       * first attempt died before it. It never rejects: what is committed is answered.
       * @param answer the command's own.
       * @param fresh false: it is the kept answer of an earlier attempt, and what it says may be over.
       */
      readonly begin?: (answer: never, fresh: boolean) => Promise<void>;
    }
  | { readonly once: (request: OnceRequest) => Promise<OnceAnswered> };

/** A request, as it is known by its key. */
export type OnceRequest = Omit<AnswerOnce, 'status' | 'headers'>;

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

/** An idempotent call that is mostly one command: looking things up, and one round trip. */
export interface CommandRoute<P, Q, B> extends Omit<RouteBase<P, Q, B>, 'idempotent'> {
  readonly idempotent: 'command';
  readonly auth: Permission;
  /** Reads only: it runs again for each repeat. */
  readonly handler: (input: AuthorisedInput<P, Q, B>) => Promise<OnceWork>;
  /** The reply's body, of the command's answer: the same for the same answer. @throws DomainError what it refuses. */
  readonly present: (answer: never) => unknown;
}

type Common = Omit<RouteBase<unknown, unknown, unknown>, 'idempotent'> & { readonly auth: 'public' | Permission };

type Handler<T> = (input: AuthorisedInput<never, never, never>) => Promise<T>;

export type Route = Common &
  (
    | { readonly idempotent?: boolean; readonly handler: Handler<Reply> }
    | {
        readonly idempotent: 'command';
        readonly handler: Handler<OnceWork>;
        readonly present: (answer: never) => unknown;
      }
  );

/** One definition gives parsing, a typed handler, authorisation, and the route's part of the OpenAPI document. */
export function defineRoute<P = undefined, Q = undefined, B = undefined>(
  route: PublicRoute<P, Q, B> | AuthorisedRoute<P, Q, B> | CommandRoute<P, Q, B>,
): Route {
  return route;
}
