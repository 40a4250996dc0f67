import http from 'node:http';
import { createApp } from '../../../api/http/create-app.ts';
import type { Route } from '../../../api/http/define-route.ts';
import { connect } from '../../../db/connect.ts';
import { createTokenVerifier } from '../../../runtime/access-tokens.ts';
import type { Config } from '../../../runtime/config.ts';
import { createLog } from '../../../runtime/log.ts';
import { createMetrics } from '../../../runtime/metrics.ts';

/** Serves a peer that is the product's own stack around other handlers. */
export function serveStackPeer(
  name: string,
  routes: readonly Route[],
  config: Config<'giveawayDatabase' | 'giveawayApi' | 'auth'>,
): void {
  const app = createApp({
    service: name,
    routes,
    // Never connected to: the route keeps no keys.
    db: connect({ url: config.DATABASE_URL_GIVEAWAY, poolMax: 1, applicationName: name }),
    verifyToken: createTokenVerifier(config.AUTH_PUBLIC_KEYS),
    budgetMs: 2_000,
    metrics: createMetrics(name),
    log: createLog({ name, level: config.LOG_LEVEL, pretty: false }),
    checks: [],
  });
  const handle = app.callback();
  http
    .createServer((request, response) => void handle(request, response))
    .listen(config.GIVEAWAY_API_PORT, '127.0.0.1');
}
