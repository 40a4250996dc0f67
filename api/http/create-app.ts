import cors from '@koa/cors';
import Router from '@koa/router';
import Koa from 'koa';
import conditional from 'koa-conditional-get';
import helmet from 'koa-helmet';
import type { Log } from '../../runtime/log.ts';
import { logAccess } from './access-log.ts';
import type { AppState } from './app-state.ts';
import { tagEntity } from './entity-tag.ts';
import { handleRoute, type RouteDependencies } from './handle-route.ts';
import { renderErrors } from './render-errors.ts';
import { identify } from './request-id.ts';
import { addServiceRoutes, type ServiceFacts } from './service-routes.ts';

export interface AppOptions extends RouteDependencies, ServiceFacts {
  readonly log: Log;
  /** Origins that pages may open sockets and fetch from, besides our own. */
  readonly connectOrigins?: readonly string[];
}

/** What a page of another origin may read of an answer. */
const EXPOSED_HEADERS = ['X-Request-Id', 'Idempotent-Replayed', 'Retry-After', 'Location', 'ETag'];

/** All that every service does around its routes: ids, logs, errors, authorisation, idempotency, health, documents. */
export function createApp(options: AppOptions): Koa {
  const { log, metrics, connectOrigins = [] } = options;
  const router = createRouter(options);
  const app = new Koa<AppState>();
  app.use(identify(log));
  app.use(logAccess(metrics, log));
  app.use(secureHeaders(connectOrigins));
  app.use(cors({ exposeHeaders: EXPOSED_HEADERS }));
  app.use(renderErrors);
  app.use(conditional());
  app.use(tagEntity);
  app.use(router.routes());
  app.use(router.allowedMethods());
  return app;
}

function createRouter(options: AppOptions): Router<AppState> {
  const router = new Router<AppState>();
  addServiceRoutes(router, options);
  for (const route of options.routes) {
    const path = route.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router[route.method](path, (context) => handleRoute(options, route, context));
  }
  return router;
}

/** Plain HTTP on loopback must work too, so nothing is upgraded. */
const secureHeaders = (connectOrigins: readonly string[]): Koa.Middleware =>
  helmet({
    contentSecurityPolicy: {
      directives: { 'connect-src': ["'self'", ...connectOrigins], 'upgrade-insecure-requests': null },
    },
  });
