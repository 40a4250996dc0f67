import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';
import { adminRoutes } from './admin.ts';
import { openDatabase, transact } from './database.ts';
import { nativeKeyMismatch, nativeRoutes, nativeTrouble, refused } from './native.ts';
import { settleDue, type Announce, type PaymentView } from './payments.ts';
import { send } from './strike.ts';
import { stripeError, stripeKeyMismatch, stripeTrouble } from './stripe/errors.ts';
import { stripeRoutes } from './stripe/routes.ts';
import { enqueueWebhooks, startWebhooks } from './webhooks.ts';

/** A payment provider of our own, over HTTP, for development and tests: durable, and told from outside when to fail. */

const settings = z
  .object({
    SIMULATOR_PORT: z.coerce.number(),
    SIMULATOR_DATA_FILE: z.string(),
    SIMULATOR_API_KEY: z.string(),
    SIMULATOR_ADMIN_TOKEN: z.string(),
    SIMULATOR_WEBHOOK_SECRET: z.string(),
    SIMULATOR_WEBHOOK_URLS: z.string().transform((text) => text.split(',').filter(Boolean)),
    /** How the messages are written and signed. */
    SIMULATOR_WEBHOOK_DIALECT: z.enum(['handsel', 'stripe']).default('handsel'),
    /** The platform's own account, which Stripe's dialect does not name. */
    SIMULATOR_STRIPE_ACCOUNT: z.string().default('pool'),
  })
  .parse(process.env);
const db = openDatabase(settings.SIMULATOR_DATA_FILE);
const webhooks = {
  urls: settings.SIMULATOR_WEBHOOK_URLS,
  secret: settings.SIMULATOR_WEBHOOK_SECRET,
  dialect: settings.SIMULATOR_WEBHOOK_DIALECT,
};
const announce: Announce = (payment) =>
  enqueueWebhooks(db, webhooks, { type: `${payment.kind}.${payment.status}`, payment });
const announceDispute = (payment: PaymentView, disputed: string): void =>
  enqueueWebhooks(db, webhooks, { type: 'charge.disputed', payment, disputed });

const health = new Router();
health.get('/livez', (context) => void (context.body = { status: 'ok' }));
health.get('/readyz', (context) => void (context.body = { status: 'ok' }));

const app = new Koa();
app.use(async (context, next) => {
  const token = context.get('authorization').replace(/^Bearer /, '');
  const wanted = context.path.startsWith('/admin/') ? settings.SIMULATOR_ADMIN_TOKEN : settings.SIMULATOR_API_KEY;
  const say = (status: number, code: string, message: string): void =>
    send(
      context,
      context.path.startsWith('/stripe/')
        ? stripeError(status, 'invalid_request_error', message, { code })
        : refused(status, code, message),
    );
  if (/^\/(v1|admin|stripe)\//.test(context.path) && token !== wanted) return say(401, 'unauthorized', 'Unknown key.');
  try {
    transact(db, () => settleDue(db, announce));
    await next();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    say(400, 'invalid_request', error.message);
  }
});
app.on('error', (error: NodeJS.ErrnoException) => {
  // Whoever asked has gone, or was cut off.
  if (error.code !== 'ERR_STREAM_PREMATURE_CLOSE') app.onerror(error);
});
app.use(bodyParser({ enableTypes: ['json', 'form'] }));
for (const router of [
  health,
  nativeRoutes({ db, announce, trouble: nativeTrouble, keyMismatch: nativeKeyMismatch }),
  stripeRoutes({
    db,
    announce,
    trouble: stripeTrouble,
    keyMismatch: stripeKeyMismatch,
    account: settings.SIMULATOR_STRIPE_ACCOUNT,
  }),
  adminRoutes({ db, announce, announceDispute }),
])
  app.use(router.routes());

const DUE_POLL_MS = 200;
const dueTimer = setInterval(() => transact(db, () => settleDue(db, announce)), DUE_POLL_MS);
const stopWebhooks = startWebhooks(db, webhooks);
const server = app.listen(settings.SIMULATOR_PORT, '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(dueTimer);
    stopWebhooks();
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
