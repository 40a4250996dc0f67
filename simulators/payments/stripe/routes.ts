import Router from '@koa/router';
import { randomUUID } from 'node:crypto';
import type Koa from 'koa';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import { viewAccount } from '../accounts.ts';
import { answerOnce, type Answer } from '../answers.ts';
import { nowMs } from '../clock.ts';
import { transact } from '../database.ts';
import { ask, pay, type Dialect } from '../dialect.ts';
import { findEntry, readEntriesBackwards } from '../entries.ts';
import { findPayments, requirePayment, reverseTransfer, type Kind, type PaymentView } from '../payments.ts';
import { send } from '../strike.ts';
import { stripeError, stripeRefusal } from './errors.ts';
import { isIncoming, toBalanceTransaction, toCharge, toPaymentIntent, toReversal, toTransfer } from './objects.ts';

/** The same provider in the dialect of Stripe's API, under `/stripe`: form-encoded, one platform account. */

const common = {
  amount: z.string().regex(/^[1-9]\d{0,14}$/),
  currency: z.string().regex(/^[a-z]{3}$/),
  transfer_group: z.string().min(1),
};
const paymentIntent = z.object({
  ...common,
  confirm: z.literal('true'),
  payment_method: z.string().optional(),
  payment_method_data: z.object({ type: z.literal('card'), card: z.object({ token: z.string() }) }).optional(),
});
const accountDebit = z.object({ ...common, source: z.string().min(1) });
const transfer = z.object({ ...common, destination: z.string().min(1) });

interface StripeDialect extends Dialect {
  /** The platform's own account: its balance is the pool. */
  readonly account: string;
}

export function stripeRoutes(dialect: StripeDialect): Router {
  const router = new Router({ prefix: '/stripe/v1' });
  router.use(async (context, next) => {
    context.set('date', new Date(nowMs(dialect.db)).toUTCString());
    await next();
  });
  paymentRoutes(router, dialect);
  lookUpRoutes(router, dialect);
  balanceRoutes(router, dialect);
  return router;
}

function paymentRoutes(router: Router, dialect: StripeDialect): void {
  const { account } = dialect;
  router.post('/payment_intents', (context) =>
    create(context, dialect, paymentIntent, ({ payment_method, payment_method_data }) => ({
      kind: 'charge',
      source: payment_method_data?.card.token ?? payment_method ?? '',
      destination: account,
      feePayer: 'source',
      render: toPaymentIntent,
    })),
  );
  router.post('/charges', (context) =>
    create(context, dialect, accountDebit, ({ source }) => ({
      kind: 'transfer',
      source,
      destination: account,
      feePayer: 'destination',
      render: toCharge,
    })),
  );
  router.post('/transfers', (context) =>
    create(context, dialect, transfer, ({ destination }) => ({
      kind: 'transfer',
      source: account,
      destination,
      feePayer: 'source',
      render: toTransfer,
    })),
  );
  router.post('/transfers/:id/reversals', (context) => {
    const id = String(context['params']['id']);
    send(
      context,
      transact(dialect.db, () =>
        answerOnce(dialect.db, { ...keyOf(context), mismatch: dialect.keyMismatch }, () => reverse(dialect, id)),
      ),
    );
  });
}

interface Made {
  readonly kind: Kind;
  readonly source: string;
  readonly destination: string;
  readonly feePayer: 'source' | 'destination';
  readonly render: (payment: PaymentView) => object;
}

async function create<S extends z.ZodType<z.output<z.ZodObject<typeof common>>>>(
  context: Koa.Context,
  dialect: StripeDialect,
  schema: S,
  make: (body: z.output<S>) => Made,
): Promise<void> {
  const parsed = schema.safeParse(context.request.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const more = { code: 'parameter_invalid', param: issue?.path.join('.') };
    return send(context, stripeError(400, 'invalid_request_error', issue?.message ?? 'Invalid.', more));
  }
  const { kind, source, destination, feePayer, render } = make(parsed.data);
  const { amount, currency, transfer_group: reference } = parsed.data;
  await pay(context, dialect, {
    kind,
    ...keyOf(context),
    request: { reference, amount, currency: currency.toUpperCase(), source, destination, feePayer },
    render: (payment) =>
      payment.status === 'failed' ? stripeRefusal(payment) : { status: 200, body: render(payment) },
  });
}

/** Keys of the two dialects do not meet. */
const keyOf = (context: Koa.Context) => ({
  key: `stripe:${context.get('idempotency-key') || randomUUID()}`,
  asked: [context.path, context.request.body],
});

function reverse({ db, announce }: StripeDialect, id: string): Answer {
  const [found] = findPayments(db, 'transfer', { id });
  if (!found) return noSuch('transfer', id);
  if (!reverseTransfer(db, found.reference, announce))
    return stripeError(400, 'invalid_request_error', `Transfer ${id} is already fully reversed.`);
  return { status: 200, body: toReversal(requirePayment(db, id)) };
}

const noSuch = (what: string, id: string): Answer =>
  stripeError(404, 'invalid_request_error', `No such ${what}: '${id}'`, { code: 'resource_missing', param: 'id' });

function lookUpRoutes(router: Router, dialect: StripeDialect): void {
  const { db, account } = dialect;
  const isOut = (payment: PaymentView): boolean => !isIncoming(payment) && payment.source === account;
  const list = (path: string, wanted: (payment: PaymentView) => boolean, render: (payment: PaymentView) => object) => {
    router.get(path, (context) => {
      const { transfer_group: reference } = z.object({ transfer_group: z.string().min(1) }).parse(context.query);
      return ask(context, dialect, 'look_up', reference, () => {
        const found = findPayments(db, undefined, { reference, visibleAt: nowMs(db) })
          .filter(wanted)
          .toReversed();
        return {
          status: 200,
          body: toList(
            path,
            found.map((payment) => render(payment)),
          ),
        };
      });
    });
  };
  list('/charges', isIncoming, toCharge);
  // As at Stripe: a transfer that was refused never was.
  list('/transfers', (payment) => isOut(payment) && payment.status !== 'failed', toTransfer);
  router.get('/transfers/:id', (context) =>
    one(context, dialect, 'transfer', isOut, (found) => toTransfer(found, false)),
  );
  router.get('/charges/:id', (context) =>
    one(context, dialect, 'charge', isIncoming, (found) => toCharge(found, false)),
  );
}

function one(
  context: Koa.Context,
  dialect: StripeDialect,
  what: string,
  wanted: (payment: PaymentView) => boolean,
  render: (payment: PaymentView) => object,
): Promise<void> {
  const { id } = z.object({ id: z.string() }).parse(context['params']);
  return ask(context, dialect, 'look_up', id, () => {
    const [found] = findPayments(dialect.db, undefined, { id: id.replace(/^py_/, 'tr_') }).filter(wanted);
    return found ? { status: 200, body: render(found) } : noSuch(what, id);
  });
}

const toList = (url: string, data: readonly object[], hasMore = false): object => ({
  object: 'list',
  url: `/v1${url}`,
  has_more: hasMore,
  data,
});

function balanceRoutes(router: Router, dialect: StripeDialect): void {
  const { db, account } = dialect;
  router.get('/balance', (context) =>
    ask(context, dialect, 'balance', account, () => ({
      status: 200,
      body: { object: 'balance', livemode: false, available: availableOf(db, account), pending: [] },
    })),
  );
  router.get('/balance_transactions', (context) => {
    const query = z
      .object({
        'created[gte]': z.coerce.number(),
        'created[lt]': z.coerce.number(),
        limit: z.coerce.number().int().min(1).max(100).default(10),
        starting_after: z
          .string()
          .regex(/^txn_\d+$/)
          .optional(),
      })
      .parse(context.query);
    return ask(context, dialect, 'settlement_file', query.starting_after ?? '', () => {
      const window = { from: query['created[gte]'] * 1_000, until: query['created[lt]'] * 1_000, account };
      const before = query.starting_after ? findEntry(db, Number(query.starting_after.slice(4))) : undefined;
      const page = readEntriesBackwards(db, window, before, query.limit + 1);
      const lines = page
        .slice(0, query.limit)
        .map((entry) => toBalanceTransaction(entry, findPayments(db, undefined, { id: entry.paymentId })[0], account));
      return { status: 200, body: toList('/balance_transactions', lines, page.length > query.limit) };
    });
  });
}

const availableOf = (db: DatabaseSync, account: string): object[] =>
  Object.entries(viewAccount(db, account)?.balances ?? {}).map(([currency, amount]) => ({
    amount: Number(amount),
    currency: currency.toLowerCase(),
  }));
