import Router from '@koa/router';
import type Koa from 'koa';
import { z } from 'zod';
import { serve } from '../serve.ts';
import { inTransaction, openDatabase } from './database.ts';
import { addFault, clearFaults, faultSchema, mixSchema, setMix, takeFault, type Fault } from './faults.ts';
import { operatorOf } from './operators.ts';
import { carryOut, findTopUp, isSame, moveOn, present, setFloat, topUpSchema, truth } from './top-ups.ts';
import { deliverWebhooks } from './webhooks.ts';

/** An airtime provider of our own, over HTTP, for development and tests: durable, and told from outside when to fail. */

const settings = z
  .object({
    AIRTIME_SIMULATOR_PORT: z.coerce.number(),
    AIRTIME_SIMULATOR_DATA_FILE: z.string(),
    AIRTIME_SIMULATOR_API_KEY: z.string(),
    AIRTIME_SIMULATOR_ADMIN_TOKEN: z.string(),
    AIRTIME_SIMULATOR_WEBHOOK_SECRET: z.string(),
    AIRTIME_SIMULATOR_WEBHOOK_URL: z.string().optional(),
  })
  .parse(process.env);
const db = openDatabase(settings.AIRTIME_SIMULATOR_DATA_FILE);

const HANG_MS = 60_000;
const TICK_MS = 100;
const ON_THE_WIRE = new Set<Fault['kind']>(['timeout', 'error', 'reset', 'malformed', 'rate_limit']);
const router = new Router();

/** Whose number it is. By POST: a number stands in no log of addresses. */
router.post('/v1/operators/look-up', async (context) => {
  const { phone } = topUpSchema.pick({ phone: true }).parse(context.request.body);
  const fault = takeFault(db, { operation: 'operator', reference: phone, phone });
  if (fault && ON_THE_WIRE.has(fault.kind)) return strike(context, fault);
  const operator = operatorOf(phone);
  if (operator) context.body = { operator };
  else refuse(context, 404, 'operator_unknown');
});

router.post('/v1/top-ups', async (context) => {
  const topUp = topUpSchema.parse(context.request.body);
  const known = findTopUp(db, topUp.reference);
  if (known && !isSame(known, topUp)) return refuse(context, 409, 'reference_used');
  const fault = takeFault(db, { operation: 'send', ...topUp });
  const wire = fault && (ON_THE_WIRE.has(fault.kind) || fault.kind === 'appear_late') ? fault : undefined;
  if (wire && wire.effect === 'before' && wire.kind !== 'appear_late') return strike(context, wire);
  const row = known ?? inTransaction(db, () => carryOut(db, topUp, fault));
  if (wire) return strike(context, wire.kind === 'appear_late' ? { ...wire, kind: 'error' } : wire);
  context.status = known ? 200 : 201;
  context.body = present(row);
});

router.get('/v1/top-ups/:reference', async (context) => {
  const reference = String(context['params']['reference']);
  const fault = takeFault(db, { operation: 'look_up', reference });
  if (fault && ON_THE_WIRE.has(fault.kind)) return strike(context, fault);
  const row = findTopUp(db, reference);
  if (row && Number(row['visible_at']) <= Date.now()) context.body = present(row);
  else refuse(context, 404, 'top_up_not_found');
});

router.post('/admin/faults', (context) => {
  addFault(db, faultSchema.parse(context.request.body));
  context.status = 204;
});
router.put('/admin/mix', (context) => {
  setMix(db, mixSchema.parse(context.request.body));
  context.status = 204;
});
router.delete('/admin/faults', (context) => {
  clearFaults(db);
  context.status = 204;
});
/** Taken back at once, of whatever was delivered. */
router.post('/admin/reversals', (context) => {
  const { reference } = topUpSchema.pick({ reference: true }).parse(context.request.body);
  db.prepare(
    "update top_ups set becomes = 'reversed', becomes_at = 0 where reference = ? and status = 'delivered'",
  ).run(reference);
  inTransaction(db, () => moveOn(db));
  context.status = 204;
});
router.put('/admin/float', (context) => {
  const { currency, amount } = topUpSchema
    .pick({ currency: true })
    .extend({ amount: z.string().regex(/^\d{1,15}$/) })
    .parse(context.request.body);
  setFloat(db, currency, BigInt(amount));
  context.status = 204;
});
router.get('/admin/truth', (context) => void (context.body = truth(db)));

function refuse(context: Koa.Context, status: number, code: string): void {
  context.status = status;
  context.body = { error: { code } };
}

async function strike(context: Koa.Context, { kind }: Fault): Promise<void> {
  switch (kind) {
    case 'rate_limit':
      context.set('retry-after', '1');
      return refuse(context, 429, 'rate_limited');
    case 'error':
      return refuse(context, 500, 'internal_error');
    case 'malformed':
      context.body = '{"status": "deliv';
      return;
    default:
      if (kind === 'timeout') await new Promise((resolve) => setTimeout(resolve, HANG_MS).unref());
      context.respond = false;
      context.req.socket.destroy();
  }
}

let busy = false;
const tick = setInterval(() => {
  if (busy) return;
  busy = true;
  inTransaction(db, () => moveOn(db));
  const { AIRTIME_SIMULATOR_WEBHOOK_URL: url, AIRTIME_SIMULATOR_WEBHOOK_SECRET: secret } = settings;
  void deliverWebhooks(db, { url, secret }).finally(() => (busy = false));
}, TICK_MS);

serve({
  port: settings.AIRTIME_SIMULATOR_PORT,
  adminToken: settings.AIRTIME_SIMULATOR_ADMIN_TOKEN,
  apiKey: settings.AIRTIME_SIMULATOR_API_KEY,
  routers: [router],
  stop: () => clearInterval(tick),
});
