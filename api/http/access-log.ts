import type { Next } from 'koa';
import { Histogram } from 'prom-client';
import type { Log } from '../../runtime/log.ts';
import type { Metrics } from '../../runtime/metrics.ts';
import type { AppContext } from './app-state.ts';

/** Asked all the time by machines, and of no interest to anybody. */
const SILENT = new Set(['/livez', '/readyz', '/metrics']);

/** One line and one observation per request: by route pattern, without query, headers or body. */
export function logAccess(metrics: Metrics, log: Log) {
  const seconds = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Duration of HTTP requests',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
    registers: [metrics],
  });
  return async (context: AppContext, next: Next): Promise<void> => {
    const startedAt = performance.now();
    await next();
    if (SILENT.has(context.path)) return;
    const ms = performance.now() - startedAt;
    const { requestId, principal, route = 'none' } = context.state;
    const facts = { method: context.method, route, status: context.status };
    seconds.observe(facts, ms / 1_000);
    log.info({ requestId, ...facts, ms: Math.round(ms), actor: principal?.actor }, 'request');
  };
}
