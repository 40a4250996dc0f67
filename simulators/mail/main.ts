import net from 'node:net';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';
import { addFault, countMessages, faultSchema, messagesTo, openDatabase } from './database.ts';
import { SmtpSession } from './smtp-session.ts';

/** A mail relay of our own, for development and tests: durable, and told from outside when to fail. */

const settings = z
  .object({
    MAIL_SIMULATOR_PORT: z.coerce.number(),
    MAIL_SIMULATOR_SMTP_PORT: z.coerce.number(),
    MAIL_SIMULATOR_DATA_FILE: z.string(),
    MAIL_SIMULATOR_ADMIN_TOKEN: z.string(),
  })
  .parse(process.env);
const db = openDatabase(settings.MAIL_SIMULATOR_DATA_FILE);

const router = new Router();
router.get('/livez', (context) => void (context.body = { status: 'ok' }));
router.get('/readyz', (context) => void (context.body = { status: 'ok' }));
router.get('/admin/messages', (context) => {
  const { to } = z.object({ to: z.string().optional() }).parse(context.query);
  context.body = { messages: messagesTo(db, to) };
});
router.get('/admin/count', (context) => void (context.body = { count: countMessages(db) }));
router.post('/admin/faults', (context) => {
  addFault(db, faultSchema.parse(context.request.body));
  context.status = 204;
});

const app = new Koa();
app.use(async (context, next) => {
  const token = context.get('authorization').replace(/^Bearer /, '');
  if (context.path.startsWith('/admin/') && token !== settings.MAIL_SIMULATOR_ADMIN_TOKEN) context.status = 401;
  else await next();
});
app.use(bodyParser({ enableTypes: ['json'] })).use(router.routes());

const smtp = net.createServer((socket) => new SmtpSession(db, socket));
smtp.listen(settings.MAIL_SIMULATOR_SMTP_PORT, '127.0.0.1');
const server = app.listen(settings.MAIL_SIMULATOR_PORT, '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    smtp.close();
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
