import { randomUUID } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { isPermitted } from '../../domain/permissions.ts';
import type { Principal, TokenVerifier } from '../../runtime/access-tokens.ts';
import type { Log } from '../../runtime/log.ts';
import type { AppContext } from './app-state.ts';
import type { Reply, Route } from './define-route.ts';
import { commandForKey, onceForKey, type IdempotentCall } from './idempotency.ts';
import { parseParts } from './invalid-request.ts';

export interface RouteDependencies {
  readonly service: string;
  /** Where idempotency keys are kept. */
  readonly db: Database;
  readonly verifyToken: TokenVerifier;
  /** How long an attempt at a call may take before it is believed lost. */
  readonly budgetMs: number;
}

type RoutedContext = AppContext & { params?: unknown; request: { body?: unknown; rawBody?: string } };

/** One request of one route: who it is, whether they may, what they ask, the answer. */
export async function handleRoute(deps: RouteDependencies, route: Route, context: RoutedContext): Promise<void> {
  context.state.route = route.path;
  const principal = await authorise(deps.verifyToken, route, context);
  await readBody(route, context);
  const input = parseInput(route, context);
  const given = (resourceId: string): never =>
    new Given(context, { ...input, resourceId, principal, actor: principal?.actor }) as unknown as never;
  send(context, await reply(deps, route, context, given));
}

/** What a handler gets. A class, as the request's state is one: its getter is not made anew for each request. */
class Given {
  readonly #context: RoutedContext;

  constructor(context: RoutedContext, input: object) {
    this.#context = context;
    Object.assign(this, input);
  }

  get log(): Log {
    return this.#context.state.log;
  }
}

function reply(
  { service, db, budgetMs }: RouteDependencies,
  route: Route,
  context: RoutedContext,
  given: (resourceId: string) => never,
): Promise<Reply> {
  if (!route.idempotent) return route.handler(given(randomUUID()));
  const call = describeCall(service, route, context);
  if (route.idempotent === 'command') {
    const { handler, present } = route;
    return commandForKey(db, budgetMs, call, { prepare: (id) => handler(given(id)), present });
  }
  const { handler } = route;
  return onceForKey(db, budgetMs, call, (id) => handler(given(id)));
}

async function authorise(
  verifyToken: TokenVerifier,
  { auth }: Route,
  context: AppContext,
): Promise<Principal | undefined> {
  if (auth === 'public') return undefined;
  const token = /^Bearer +(\S+)$/i.exec(context.get('authorization'))?.[1];
  if (!token) throw new DomainError('unauthenticated', 'This call needs an access token.');
  const principal = await verifyToken(token);
  context.state.principal = principal;
  if (!isPermitted(principal, auth)) throw new DomainError('forbidden', `This call needs the permission ${auth}.`);
  return principal;
}

const parseJson = bodyParser({
  enableTypes: ['json'],
  jsonLimit: '100kb',
  parsedMethods: ['POST', 'PUT', 'PATCH', 'DELETE'],
});

async function readBody({ body }: Route, context: RoutedContext): Promise<void> {
  if (body && context.is('json') === false)
    throw new DomainError('unsupported_media_type', 'Send the body as application/json.');
  await parseJson(context, () => Promise.resolve());
}

function parseInput(route: Route, context: RoutedContext) {
  const { params, request, query, headers } = context;
  return {
    ...parseParts(
      { params: route.params, query: route.query, body: route.body },
      { params, query, body: request.body ?? {} },
    ),
    rawBody: request.rawBody ?? '',
    headers,
    clientAddress: context.ip,
    requestId: context.state.requestId,
  };
}

function describeCall(
  service: string,
  { method, path, secretMembers = [] }: Route,
  context: RoutedContext,
): IdempotentCall {
  const { state, request, query } = context;
  const open = Object.entries(request.body ?? {}).filter(([name]) => !secretMembers.includes(name));
  return {
    service,
    principal: state.principal?.actor ?? 'public',
    route: `${method} ${path}`,
    key: context.get('idempotency-key'),
    content: [context.path, query, Object.fromEntries(open)],
    path: context.path,
    requestId: state.requestId,
  };
}

function send(context: AppContext, { status, body, headers = {}, type }: Reply): void {
  context.status = status;
  context.body = body ?? null;
  context.set({ ...headers });
  context.status = status;
  if (type) context.type = type;
}
