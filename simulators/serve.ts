import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';

/** How each simulator is served: who may call it, what it says to what does not fit, and how it ends. */

export interface Service {
  readonly port: number;
  /** Of everything under `/admin/`: whoever has it decides what goes wrong, and sees what really happened. */
  readonly adminToken: string;
  /** Of everything else; open to all if absent. */
  readonly apiKey?: string;
  /** How this service refuses; as `{ error: { code, message } }` if absent. */
  readonly refuse?: (context: Koa.Context, status: number, code: string, message: string) => void;
  /** Comes after the guard and before the routes. */
  readonly before?: Koa.Middleware;
  readonly routers: readonly Router[];
  /** Called on a signal, before the process ends. */
  readonly stop?: () => void;
}

/** Listens on loopback until a signal comes. */
export function serve(service: Service): void {
  const { port, before, routers, stop } = service;
  const app = new Koa();
  app.on('error', (error: NodeJS.ErrnoException) => {
    // Whoever asked has gone, or was cut off.
    if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') app.onerror(error);
  });
  app.use(health().routes()).use(guard(service));
  if (before) app.use(before);
  app.use(bodyParser({ enableTypes: ['json', 'form'] }));
  for (const router of routers) app.use(router.routes());
  const server = app.listen(port, '127.0.0.1');
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop?.();
      server.closeAllConnections();
      server.close(() => process.exit(0));
    });
  }
}

function health(): Router {
  const router = new Router();
  for (const path of ['/livez', '/readyz']) router.get(path, (context) => void (context.body = { status: 'ok' }));
  return router;
}

function guard({ adminToken, apiKey, refuse = refusePlainly }: Service): Koa.Middleware {
  return async (context, next) => {
    const wanted = context.path.startsWith('/admin/') ? adminToken : apiKey;
    const given = context.get('authorization').replace(/^Bearer /, '');
    if (wanted !== undefined && given !== wanted) return refuse(context, 401, 'unauthorized', 'Unknown key.');
    try {
      await next();
    } catch (error) {
      if (!(error instanceof z.ZodError || error instanceof RangeError)) throw error;
      refuse(context, 400, 'invalid_request', error.message);
    }
  };
}

function refusePlainly(context: Koa.Context, status: number, code: string, message: string): void {
  context.status = status;
  context.body = { error: { code, message } };
}
