import type Koa from 'koa';
import { Histogram } from 'prom-client';
import type { Metrics } from '../../runtime/metrics.ts';

/** How long requests take, by route template, never by path: paths carry ids. */
export function measureRequests(metrics: Metrics) {
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [metrics],
  });
  return async (context: Koa.ParameterizedContext<{ route?: string }>, next: Koa.Next): Promise<void> => {
    const startedAt = performance.now();
    await next();
    const labels = { method: context.method, route: context.state.route ?? 'none', status: String(context.status) };
    seconds.observe(labels, (performance.now() - startedAt) / 1_000);
  };
}
