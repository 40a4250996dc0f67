import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';
import { openAuthority } from './authority.ts';
import { conditionsSchema, noteStamped, openDatabase, readConditions, setConditions, truth } from './database.ts';
import { readQuery, refusal, stamp } from './stamp.ts';

/** An authority for time-stamps (RFC 3161) of our own, for development and tests: durable keys, and told when to fail. */

const settings = z
  .object({
    TIMESTAMP_SIMULATOR_PORT: z.coerce.number(),
    TIMESTAMP_SIMULATOR_DATA_FILE: z.string(),
    TIMESTAMP_SIMULATOR_ADMIN_TOKEN: z.string(),
  })
  .parse(process.env);
const db = openDatabase(settings.TIMESTAMP_SIMULATOR_DATA_FILE);
const authority = openAuthority(db);
const router = new Router();

router.get('/livez', (context) => void (context.body = { status: 'ok' }));
router.get('/readyz', (context) => void (context.body = { status: 'ok' }));
router.get('/certificate', (context) => {
  context.type = 'application/x-pem-file';
  const lines = Buffer.from(authority.root).toString('base64').replaceAll(/.{64}/g, '$&\n');
  context.body = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
});

router.post('/', async (context) => {
  const query = readQuery(await buffer(context.req));
  const { down, refuse, wrongImprint, clockOffsetMs } = readConditions(db);
  if (down) return void (context.status = 503);
  context.type = 'application/timestamp-reply';
  if (refuse) return void (context.body = refusal());
  const date = new Date(Date.now() + clockOffsetMs);
  const serial = noteStamped(db, query.digest.toString('hex'), date.toISOString());
  context.body = stamp(authority, query, wrongImprint ? randomBytes(32) : query.digest, { date, serial });
});

router.put('/admin/conditions', (context) => {
  setConditions(db, conditionsSchema.parse(context.request.body));
  context.status = 204;
});
router.get('/admin/truth', (context) => void (context.body = truth(db)));

const app = new Koa();
app.use(async (context, next) => {
  const isAdmin = context.path.startsWith('/admin/');
  if (isAdmin && context.get('authorization') !== `Bearer ${settings.TIMESTAMP_SIMULATOR_ADMIN_TOKEN}`) {
    context.status = 401;
    return;
  }
  try {
    await next();
  } catch (error) {
    if (!(error instanceof z.ZodError || error instanceof RangeError)) throw error;
    context.status = 400;
    context.body = { error: error.message };
  }
});
app.use(bodyParser({ enableTypes: ['json'] })).use(router.routes());

const server = app.listen(settings.TIMESTAMP_SIMULATOR_PORT, '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
