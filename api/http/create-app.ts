import { randomUUID } from 'node:crypto';
import { bodyParser } from '@koa/bodyparser';
import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import conditional from 'koa-conditional-get';
import etag from 'koa-etag';
import helmet from 'koa-helmet';
import type { Database } from '../../db/connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { isPermitted } from '../../domain/permissions.ts';
import type { Principal, TokenVerifier } from '../../runtime/access-tokens.ts';
import { checkHealth, type HealthCheck } from '../../runtime/health.ts';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import { reportError } from '../../runtime/report-error.ts';
import type { Reply, Route } from './define-route.ts';
import { docsPage } from './docs-page.ts';
import { asRefusal, PROBLEM_TYPE, toProblem } from './errors.ts';
import { onceForKey, resourceIdOf } from './idempotency.ts';
import { openApiDocument } from './openapi.ts';
import { measureRequests } from './request-metrics.ts';

export interface AppOptions {
  readonly service: string;
  readonly routes: readonly Route[];
  /** Where idempotency keys are kept. */
  readonly db: Database;
  readonly verifyToken: TokenVerifier;
  readonly budgetMs: number;
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
  readonly log: Log;
  /** Origins that pages may open sockets and fetch from, besides our own. */
  readonly connectOrigins?: readonly string[];
}

interface State {
  requestId: string;
  log: Log;
  route?: string;
}

type Context = Koa.ParameterizedContext<State>;

const MAX_BODY = '100kb';
const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;
const RETRY_AFTER_S = '1';

/** All that every service does around its routes: ids, logs, errors, authorisation, idempotency, health, documents. */
export function createApp(options: AppOptions): Koa {
  const app = new Koa<State>();
  const router = serviceRouter(options);
  for (const route of options.routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router[route.method](path, async (context) => {
      context.state.route = route.path;
      send(context, await handle(options, route, context));
    });
  }
  app.use(identify(options.log));
  app.use(measureRequests(options.metrics));
  app.use(renderErrors(options.service));
  app.use(
    helmet({
      contentSecurityPolicy: {
        directives: { 'connect-src': ["'self'", ...(options.connectOrigins ?? [])], 'upgrade-insecure-requests': null },
      },
    }),
  );
  app.use(cors());
  app.use(conditional());
  app.use(etag());
  app.use(bodyParser({ enableTypes: ['json'], jsonLimit: MAX_BODY, jsonStrict: true }));
  app.use(router.routes());
  app.use(refuseUnrouted(router));
  return app;
}

function serviceRouter({ service, routes, checks, metrics }: AppOptions): Router<State> {
  const router = new Router<State>();
  const document = openApiDocument(`Handsel ${service}`, 'v1', routes);
  router.get('/livez', (context) => void (context.body = { ok: true }));
  router.get('/readyz', async (context) => {
    const report = await checkHealth(checks);
    context.status = report.ok ? 200 : 503;
    context.body = report;
  });
  router.get('/metrics', async (context) => {
    context.type = metrics.contentType;
    context.body = await metrics.metrics();
  });
  router.get('/openapi.json', (context) => void (context.body = document));
  router.get('/docs', (context) => {
    context.type = 'html';
    context.body = docsPage(`Handsel ${service}`, routes);
  });
  return router;
}

/** A request id, in or new, in every answer and every log line. */
const identify =
  (log: Log) =>
  async (context: Context, next: Koa.Next): Promise<void> => {
    const given = context.get('x-request-id');
    const requestId = REQUEST_ID.test(given) ? given : randomUUID();
    const startedAt = performance.now();
    context.state.requestId = requestId;
    context.state.log = log.child({ requestId });
    context.set('x-request-id', requestId);
    await next();
    const ms = Math.round(performance.now() - startedAt);
    context.state.log.info(
      { method: context.method, route: context.state.route ?? 'none', status: context.status, ms },
      'request',
    );
  };

const renderErrors =
  (service: string) =>
  async (context: Context, next: Koa.Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      const refusal = asRefusal(error);
      const problem = toProblem(refusal, context.state.requestId);
      if (problem.status >= 500) {
        const { requestId } = context.state;
        reportError(context.state.log, refusal === error ? (refusal.cause ?? error) : error, {
          where: service,
          requestId,
        });
      }
      if (problem.status === 503 || refusal.code === 'idempotency_in_flight') context.set('retry-after', RETRY_AFTER_S);
      if (problem.status === 401) context.set('www-authenticate', 'Bearer');
      context.status = problem.status;
      context.body = problem;
      context.type = PROBLEM_TYPE;
    }
  };

const refuseUnrouted =
  (router: Router<State>) =>
  (context: Context): void => {
    const known = router.stack.some((layer) => layer.match(context.path));
    if (known) throw new DomainError('method_not_allowed', `${context.method} is not allowed here.`);
    throw new DomainError('not_found', 'There is nothing here.');
  };

async function handle(options: AppOptions, route: Route, context: Context): Promise<Reply> {
  const principal = await authorise(options, route, context);
  const params = (context as unknown as { params: unknown }).params;
  const request = context.request as typeof context.request & { body?: unknown; rawBody?: string };
  const input = {
    params: route.params?.parse(params),
    query: route.query?.parse(context.query),
    body: route.body?.parse(request.body ?? {}),
    rawBody: request.rawBody ?? '',
    headers: context.headers,
    requestId: context.state.requestId,
    log: context.state.log,
  };
  const caller = principal?.userId ?? 'public';
  const key = context.get('idempotency-key') || undefined;
  const call = {
    principal: caller,
    route: `${route.method} ${route.path}`,
    key,
    request: JSON.stringify([context.path, context.querystring, request.body ?? null]),
    requestId: context.state.requestId,
  };
  const work = (): Promise<Reply> =>
    route.handler({ ...input, resourceId: resourceIdOf(call), principal, actor: `user:${caller}` } as never);
  return route.idempotent ? onceForKey(options.db, options.budgetMs, call, work) : work();
}

async function authorise({ verifyToken }: AppOptions, route: Route, context: Context): Promise<Principal | undefined> {
  if (route.auth === 'public') return undefined;
  const [scheme, token] = context.get('authorization').split(' ');
  if (scheme !== 'Bearer' || !token) throw new DomainError('unauthenticated', 'This call needs an access token.');
  const principal = await verifyToken(token);
  if (!isPermitted(principal.roles, route.auth))
    throw new DomainError('forbidden', `This call needs the permission ${route.auth}.`);
  return principal;
}

function send(context: Context, reply: Reply): void {
  for (const [name, value] of Object.entries(reply.headers ?? {})) context.set(name, value);
  context.status = reply.status;
  if (reply.body !== undefined) context.body = reply.body;
  const isProblem = reply.status >= 400;
  if (reply.type ?? isProblem) context.type = reply.type ?? PROBLEM_TYPE;
}
