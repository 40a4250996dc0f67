import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import Router from '@koa/router';
import { z } from 'zod';
import { keepConditions } from '../conditions.ts';
import { serve } from '../serve.ts';
import { openAuthority } from './authority.ts';
import { allStamped, conditionsSchema, noteStamped, openDatabase } from './database.ts';
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
const conditions = keepConditions(db, conditionsSchema, () => ({ stamped: allStamped(db) }));
const router = new Router();

router.get('/certificate', (context) => {
  context.type = 'application/x-pem-file';
  const lines = Buffer.from(authority.root).toString('base64').replaceAll(/.{64}/g, '$&\n');
  context.body = `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
});

router.post('/', async (context) => {
  const query = readQuery(await buffer(context.req));
  const { down, refuse, wrongImprint, clockOffsetMs } = conditions.read();
  if (down) return void (context.status = 503);
  context.type = 'application/timestamp-reply';
  if (refuse) return void (context.body = refusal());
  const date = new Date(Date.now() + clockOffsetMs);
  const serial = noteStamped(db, query.digest.toString('hex'), date.toISOString());
  context.body = stamp(authority, query, wrongImprint ? randomBytes(32) : query.digest, { date, serial });
});

serve({
  port: settings.TIMESTAMP_SIMULATOR_PORT,
  adminToken: settings.TIMESTAMP_SIMULATOR_ADMIN_TOKEN,
  routers: [conditions.admin, router],
});
