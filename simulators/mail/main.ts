import net from 'node:net';
import Router from '@koa/router';
import { z } from 'zod';
import { serve } from '../serve.ts';
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
router.get('/admin/messages', (context) => {
  const { to } = z.object({ to: z.string().optional() }).parse(context.query);
  context.body = { messages: messagesTo(db, to) };
});
router.get('/admin/count', (context) => void (context.body = { count: countMessages(db) }));
router.post('/admin/faults', (context) => {
  addFault(db, faultSchema.parse(context.request.body));
  context.status = 204;
});

const smtp = net.createServer((socket) => new SmtpSession(db, socket));
smtp.listen(settings.MAIL_SIMULATOR_SMTP_PORT, '127.0.0.1');
serve({
  port: settings.MAIL_SIMULATOR_PORT,
  adminToken: settings.MAIL_SIMULATOR_ADMIN_TOKEN,
  routers: [router],
  stop: () => void smtp.close(),
});
