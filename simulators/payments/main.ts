import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import Koa from 'koa';
import { z } from 'zod';
import { openAccount, setAccountState, viewAccount } from './accounts.ts';
import { openDatabase, transact } from './database.ts';
import { addFault, clearFaults, listFaults, takeFault, type Fault } from './faults.ts';
import { createPayment, findPayments, refused, reverseTransfer, type Answer, type Kind } from './payments.ts';
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
  })
  .parse(process.env);
const db = openDatabase(settings.SIMULATOR_DATA_FILE);
const webhooks = { urls: settings.SIMULATOR_WEBHOOK_URLS, secret: settings.SIMULATOR_WEBHOOK_SECRET };

const amount = z.string().regex(/^[1-9]\d{0,17}$/);
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

const HANG_MS = 60_000;

const router = new Router();

router.get('/livez', (context) => void (context.body = { status: 'ok' }));
router.get('/readyz', (context) => void (context.body = { status: 'ok' }));

for (const kind of ['charge', 'transfer'] as const) {
  router.post(`/v1/${kind}s`, (context) => create(context, kind));
  router.get(`/v1/${kind}s`, (context) => {
    const { reference } = context.query;
    context.body = { data: findPayments(db, kind, typeof reference === 'string' ? reference : undefined) };
  });
}

router.post('/v1/accounts', (context) => {
  const { id } = z.object({ id: z.string().min(1) }).parse(context.request.body);
  openAccount(db, id);
  send(context, { status: 201, body: viewAccount(db, id) });
});
router.get('/v1/accounts/:id', (context) => {
  const id = String(context['params']['id']);
  send(context, { status: 200, body: viewAccount(db, id) ?? { id, state: 'open', balances: {} } });
});

router.post('/admin/faults', (context) => {
  addFault(db, context.request.body as Fault);
  context.status = 204;
});
router.get('/admin/faults', (context) => void (context.body = { data: listFaults(db) }));
router.delete('/admin/faults', (context) => {
  clearFaults(db);
  context.status = 204;
});
router.post('/admin/accounts/:id/:state', (context) => {
  const { id, state } = z.object({ id: z.string(), state: z.enum(['close', 'open']) }).parse(context['params']);
  setAccountState(db, id, state === 'close' ? 'closed' : 'open');
  context.status = 204;
});
router.post('/admin/transfers/:reference/reverse', (context) => {
  const { reference } = z.object({ reference: z.string() }).parse(context['params']);
  const reversed = reverseTransfer(db, reference, (payment) => enqueueWebhooks(db, webhooks, payment));
  context.status = reversed ? 204 : 409;
});
router.get('/admin/truth', (context) => {
  const ids = db
    .prepare('select id from accounts order by id')
    .all()
    .map((row) => String(row['id']));
  context.body = {
    accounts: ids.map((id) => viewAccount(db, id)),
    charges: findPayments(db, 'charge'),
    transfers: findPayments(db, 'transfer'),
  };
});

async function create(context: Koa.Context, kind: Kind): Promise<void> {
  const key = context.get('idempotency-key');
  const parsed = bodies[kind].safeParse(context.request.body);
  if (!key || !parsed.success)
    return send(context, refused(400, 'invalid_request', parsed.error?.message ?? 'Idempotency-Key is missing.'));
  const { reference, amount: text, currency, destinationAccount } = parsed.data;
  const source = 'source' in parsed.data ? parsed.data.source : parsed.data.sourceAccount;
  const feePayer = 'feePayer' in parsed.data ? parsed.data.feePayer : 'source';
  const request = { reference, amount: text, currency, source, destination: destinationAccount, feePayer };
  const fault = transact(db, () => takeFault(db, kind, request));
  if (fault && fault.effect === 'before' && fault.kind !== 'refuse') return strike(context, fault);
  const refusal = fault?.kind === 'refuse' ? (fault.code ?? 'refused') : undefined;
  const answer = createPayment(db, {
    kind,
    key,
    request,
    refusal,
    onCreated: (payment) => enqueueWebhooks(db, webhooks, payment),
  });
  if (fault && fault.effect === 'after' && fault.kind !== 'refuse') return strike(context, fault);
  send(context, answer);
}

async function strike(context: Koa.Context, { kind }: Fault): Promise<void> {
  if (kind === 'error') return send(context, refused(500, 'internal_error', 'Something went wrong.'));
  if (kind === 'timeout') await new Promise((resolve) => setTimeout(resolve, HANG_MS).unref());
  context.respond = false;
  context.req.socket.destroy();
}

function send(context: Koa.Context, { status, body }: Answer): void {
  context.status = status;
  context.body = body;
}

const app = new Koa();
app.use(async (context, next) => {
  const token = context.get('authorization').replace(/^Bearer /, '');
  const wanted = context.path.startsWith('/admin/') ? settings.SIMULATOR_ADMIN_TOKEN : settings.SIMULATOR_API_KEY;
  if (/^\/(v1|admin)\//.test(context.path) && token !== wanted)
    return send(context, refused(401, 'unauthorized', 'Unknown key.'));
  try {
    await next();
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    send(context, refused(400, 'invalid_request', error.message));
  }
});
app.use(bodyParser({ enableTypes: ['json'] })).use(router.routes());

const stopWebhooks = startWebhooks(db, webhooks);
const server = app.listen(settings.SIMULATOR_PORT, '127.0.0.1');
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopWebhooks();
    server.closeAllConnections();
    server.close(() => process.exit(0));
  });
}
