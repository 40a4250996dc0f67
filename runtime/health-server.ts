import http from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { checkHealth, type HealthCheck } from './health.ts';
import type { Metrics } from './metrics.ts';

export interface HealthServerOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly checks: readonly HealthCheck[];
  readonly metrics: Metrics;
}

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

/** `/livez`, `/readyz` and `/metrics` of a process that serves nothing else over HTTP. */
export async function startHealthServer(options: HealthServerOptions): Promise<RunningServer> {
  const server = http.createServer((request, response) => {
    answer(request.url ?? '/', options).then(
      ({ status, type, body }) => response.writeHead(status, { 'content-type': type }).end(body),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://${options.host}:${port}`, close: () => closeServer(server) };
}

/** Stops accepting, ends idle connections, and waits for the requests that are being answered. */
export async function closeServer(server: http.Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}

async function answer(url: string, { checks, metrics }: HealthServerOptions) {
  const path = url.split('?', 1)[0];
  if (path === '/metrics') return { status: 200, type: metrics.contentType, body: await metrics.metrics() };
  if (path === '/livez') return json(200, { ok: true });
  if (path !== '/readyz') return json(404, { ok: false });
  const report = await checkHealth(checks);
  return json(report.ok ? 200 : 503, report);
}

const json = (status: number, body: object) => ({ status, type: 'application/json', body: JSON.stringify(body) });
