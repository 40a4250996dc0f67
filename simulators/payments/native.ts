import Router from '@koa/router';
import type Koa from 'koa';
import { z } from 'zod';
import { openAccount, viewAccount } from './accounts.ts';
import type { Answer } from './answers.ts';
import { nowMs } from './clock.ts';
import { ask, pay, type Dialect } from './dialect.ts';
import { feeOf } from './fees.ts';
import { findPayments, type Kind } from './payments.ts';
import { settlementFile, type SettlementFile } from './settlement-file.ts';
import { send } from './strike.ts';

/** The provider's own dialect: JSON, amounts as strings of minor units. */

const amount = z.string().regex(/^[1-9]\d{0,17}$/);
const kinds = z.enum(['charge', 'transfer']);
const common = {
  reference: z.string().min(1),
  amount,
  currency: z.string().regex(/^[A-Z]{3}$/),
  destinationAccount: z.string().min(1),
};
const bodies = {
  charge: z.object({ ...common, source: z.string().min(1) }),
  transfer: z.object({
    ...common,
    sourceAccount: z.string().min(1),
    feePayer: z.enum(['source', 'destination']).default('source'),
  }),
};

export const refused = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

export const nativeTrouble = {
  internal: refused(500, 'internal_error', 'Something went wrong.'),
  tooMany: refused(429, 'rate_limited', 'Too many calls; come back later.'),
};
export const nativeKeyMismatch = refused(409, 'idempotency_key_mismatch', 'This key was used with another body.');

export function nativeRoutes(dialect: Dialect): Router {
  const { db } = dialect;
  const router = new Router({ prefix: '/v1' });
  for (const kind of ['charge', 'transfer'] as const) {
    router.post(`/${kind}s`, (context) => create(context, dialect, kind));
    router.get(`/${kind}s`, (context) => {
      const { reference } = z.object({ reference: z.string().optional() }).parse(context.query);
      return ask(context, dialect, 'look_up', reference ?? '', () => ({
        status: 200,
        body: { data: findPayments(db, kind, { reference, visibleAt: nowMs(db) }) },
      }));
    });
  }
  /** What a payment would cost; what is reported in the end may differ. */
  router.get('/fee-quote', (context) => {
    const asked = z.object({ kind: kinds, amount }).parse(context.query);
    context.body = { ...asked, fee: feeOf(asked.kind, BigInt(asked.amount)).toString() };
  });
  router.post('/accounts', (context) => {
    const { id } = z.object({ id: z.string().min(1) }).parse(context.request.body);
    openAccount(db, id);
    send(context, { status: 201, body: viewAccount(db, id) });
  });
  router.get('/accounts/:id', (context) => {
    const id = String(context['params']['id']);
    return ask(context, dialect, 'balance', id, () => ({
      status: 200,
      body: viewAccount(db, id) ?? { id, state: 'open', balances: {} },
    }));
  });
  router.get('/settlement-file', async (context) => {
    const { date } = z.object({ date: z.iso.date() }).parse(context.query);
    let file: SettlementFile | undefined;
    await ask(context, dialect, 'settlement_file', date, ({ cutShort }) => {
      file = settlementFile(db, date, cutShort ? () => context.req.socket.destroy() : undefined);
      return file ? { status: 200, body: '' } : refused(404, 'settlement_file_not_ready', `Nothing yet of ${date}.`);
    });
    // Something went wrong on the way.
    if (!file || context.body !== '') return;
    context.set('settlement-file-final', String(file.final));
    context.type = 'application/x-ndjson';
    context.body = file.lines;
  });
  return router;
}

async function create(context: Koa.Context, dialect: Dialect, kind: Kind): Promise<void> {
  const key = context.get('idempotency-key');
  const parsed = bodies[kind].safeParse(context.request.body);
  if (!key || !parsed.success)
    return send(context, refused(400, 'invalid_request', parsed.error?.message ?? 'Idempotency-Key is missing.'));
  const { reference, amount: text, currency, destinationAccount } = parsed.data;
  const source = 'source' in parsed.data ? parsed.data.source : parsed.data.sourceAccount;
  const feePayer = 'feePayer' in parsed.data ? parsed.data.feePayer : 'source';
  const request = { reference, amount: text, currency, source, destination: destinationAccount, feePayer };
  await pay(context, dialect, {
    kind,
    key,
    request,
    asked: [kind, request],
    render: (payment) =>
      payment.status === 'failed'
        ? refused(402, payment.failureCode ?? 'failed', `The ${kind} was refused: ${payment.failureCode}.`)
        : { status: 201, body: payment },
  });
}
