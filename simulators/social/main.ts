import Router from '@koa/router';
import type Koa from 'koa';
import { z } from 'zod';
import { serve } from '../serve.ts';
import { actionSchema, doAction, doneAt, noteAsked, truth, undoAction, type Action } from './actions.ts';
import { openDatabase } from './database.ts';
import { addFault, clearFaults, faultSchema, takeFault, type Fault } from './faults.ts';
import { clearLimit, setLimit, waitForLimit } from './rate-limit.ts';

/** A social network of our own, over HTTP, for development and tests: durable, and told from outside when to fail. */

const settings = z
  .object({
    SOCIAL_SIMULATOR_PORT: z.coerce.number(),
    SOCIAL_SIMULATOR_DATA_FILE: z.string(),
    SOCIAL_SIMULATOR_API_KEY: z.string(),
    SOCIAL_SIMULATOR_ADMIN_TOKEN: z.string(),
  })
  .parse(process.env);
const db = openDatabase(settings.SOCIAL_SIMULATOR_DATA_FILE);

const HANG_MS = 60_000;
const router = new Router();

/** Has this account done that? `found: null` means that the network does not know at the moment. */
router.get('/v1/actions', async (context) => {
  const asked = actionSchema.parse(context.query);
  const waitMs = waitForLimit(db, Date.now());
  if (waitMs > 0) return refuseForNow(context, waitMs);
  const fault = takeFault(db, asked);
  const at = doneAt(db, asked);
  const found = fault?.kind === 'lie' ? at === undefined : at !== undefined;
  noteAsked(db, asked, fault?.kind ?? String(found));
  if (fault && fault.kind !== 'lie') return strike(context, fault);
  context.body = { ...asked, found, ...(found ? { at: at ?? new Date().toISOString() } : {}) };
});

router.post('/admin/actions', (context) => {
  doAction(db, actionSchema.parse(context.request.body));
  context.status = 204;
});
router.delete('/admin/actions', (context) => {
  undoAction(db, actionSchema.parse(context.query) satisfies Action);
  context.status = 204;
});
router.post('/admin/faults', (context) => {
  addFault(db, faultSchema.parse(context.request.body));
  context.status = 204;
});
router.delete('/admin/faults', (context) => {
  clearFaults(db);
  context.status = 204;
});
router.put('/admin/limit', (context) => {
  const { calls, windowMs } = z
    .object({ calls: z.number().int().min(0), windowMs: z.number().int().min(1) })
    .parse(context.request.body);
  setLimit(db, calls, windowMs);
  context.status = 204;
});
router.delete('/admin/limit', (context) => {
  clearLimit(db);
  context.status = 204;
});
router.get('/admin/truth', (context) => void (context.body = truth(db)));

function refuseForNow(context: Koa.Context, waitMs: number): void {
  context.status = 429;
  context.set('retry-after', String(Math.ceil(waitMs / 1_000)));
  context.body = { error: { code: 'rate_limited' } };
}

async function strike(context: Koa.Context, { kind }: Fault): Promise<void> {
  switch (kind) {
    case 'rate_limit':
      return refuseForNow(context, 1_000);
    case 'error':
      context.status = 500;
      context.body = { error: { code: 'internal_error' } };
      return;
    case 'malformed':
      context.body = '{"found": tr';
      return;
    case 'unsure':
      context.body = { found: null };
      return;
    default:
      if (kind === 'timeout') await new Promise((resolve) => setTimeout(resolve, HANG_MS).unref());
      context.respond = false;
      context.req.socket.destroy();
  }
}

serve({
  port: settings.SOCIAL_SIMULATOR_PORT,
  adminToken: settings.SOCIAL_SIMULATOR_ADMIN_TOKEN,
  apiKey: settings.SOCIAL_SIMULATOR_API_KEY,
  routers: [router],
});
