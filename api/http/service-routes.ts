import type Router from '@koa/router';
import { checkHealth, type HealthCheck } from '../../runtime/health.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { AppState } from './app-state.ts';
import type { Route } from './define-route.ts';
import { docsPage } from './docs-page.ts';
import { openApiDocument } from './openapi.ts';

export interface ServiceFacts {
  readonly service: string;
  readonly routes: readonly Route[];
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
}

/** What every service answers besides its own routes: health, metrics, and its own description. */
export function addServiceRoutes(router: Router<AppState>, { service, routes, checks, metrics }: ServiceFacts): void {
  const title = `Handsel ${service}`;
  const document = openApiDocument(title, 'v1', routes);
  const page = docsPage(title, routes);
  router.get('/livez', (context) => void (context.body = { ok: true }));
  router.get('/readyz', async (context) => {
    const report = await checkHealth(checks);
    context.status = report.ok ? 200 : 503;
    context.body = report;
  });
  router.get('/metrics', async (context) => {
    const text = await metrics.metrics();
    context.type = metrics.contentType;
    context.body = text;
  });
  router.get('/openapi.json', (context) => void (context.body = document));
  router.get('/docs', (context) => {
    context.type = 'html';
    context.body = page;
  });
}
