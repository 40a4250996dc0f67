import { once } from 'node:events';
import http from 'node:http';
import type Koa from 'koa';
import { closeServer } from '../../runtime/health-server.ts';
import type { Shutdown } from '../../runtime/shutdown.ts';

/** Listens until the process is asked to stop; then what is being answered is answered. */
export async function serve(
  app: Koa,
  { host, port }: { host: string; port: number },
  shutdown: Shutdown,
): Promise<void> {
  const handle = app.callback();
  const server = http.createServer((request, response) => void handle(request, response));
  server.listen(port, host);
  await once(server, 'listening');
  shutdown.onShutdown('http', () => closeServer(server));
}
