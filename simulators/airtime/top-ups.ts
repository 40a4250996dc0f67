import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Fault } from './faults.ts';
import { operatorOf, whyNotSold } from './operators.ts';
import { enqueueWebhook } from './webhooks.ts';

export const topUpSchema = z.object({
  reference: z.string().min(1).max(64),
  phone: z.string().regex(/^\+[1-9]\d{6,14}$/),
  operator: z.string(),
  amount: z.string().regex(/^[1-9]\d{0,14}$/),
  currency: z.string().regex(/^[A-Z]{3}$/),
});
export type TopUp = z.output<typeof topUpSchema>;
type Row = Record<string, unknown>;

export const present = (row: Row) => ({
  id: row['id'],
  reference: row['reference'],
  amount: row['amount'],
  currency: row['currency'],
  status: row['status'],
  ...(row['failure'] === null ? {} : { failure: row['failure'] }),
});

export const findTopUp = (db: DatabaseSync, reference: string): Row | undefined =>
  db.prepare('select * from top_ups where reference = ?').get(reference);

/** The same under another reference is another one. */
export const isSame = (row: Row, topUp: TopUp): boolean =>
  (['phone', 'operator', 'amount', 'currency'] as const).every((name) => row[name] === topUp[name]);

/** Carries it out, once per reference, as the fault has it. */
export function carryOut(db: DatabaseSync, topUp: TopUp, fault: Fault | undefined): Row {
  const failure = whyRefused(db, topUp, fault);
  const now = Date.now();
  const isPending = fault?.kind === 'pending';
  const status = failure ? 'failed' : isPending ? 'pending' : 'delivered';
  const later = { pending: fault?.becomes, reverse: 'reversed' }[fault?.kind as string];
  const { reference, phone, operator, amount, currency } = topUp;
  db.prepare(
    `insert into top_ups (reference, id, phone, operator, amount, currency, status, failure, becomes, becomes_at, visible_at, at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    reference,
    `tu_${randomUUID()}`,
    phone,
    operator,
    amount,
    currency,
    status,
    failure ?? null,
    failure ? null : (later ?? null),
    now + (fault?.afterMs ?? 0),
    fault?.kind === 'appear_late' ? now + fault.afterMs : now,
    new Date(now).toISOString(),
  );
  if (!failure) spendFloat(db, currency, -BigInt(amount));
  if (status === 'delivered') noteEffect(db, topUp, 'delivered');
  return findTopUp(db, reference) ?? {};
}

function whyRefused(db: DatabaseSync, { phone, operator, amount, currency }: TopUp, fault: Fault | undefined) {
  if (fault?.kind === 'refuse') return fault.code;
  const served = operatorOf(phone);
  if (served?.id !== operator) return 'phone_not_of_operator';
  const notSold = whyNotSold(served, amount, currency);
  if (notSold) return notSold;
  const float = db.prepare('select amount from float where currency = ?').get(currency);
  const isLow = float !== undefined && BigInt(String(float['amount'])) < BigInt(amount);
  return fault?.kind === 'low_float' || isLow ? 'insufficient_float' : undefined;
}

/** What is due by now: late successes, late failures and reversals. Somebody is told of each. */
export function moveOn(db: DatabaseSync): void {
  for (const row of db.prepare('select * from top_ups where becomes is not null and becomes_at <= ?').all(Date.now())) {
    const becomes = String(row['becomes']);
    const reference = String(row['reference']);
    const failure = becomes === 'failed' ? 'declined_late' : null;
    db.prepare('update top_ups set status = ?, failure = ?, becomes = null where reference = ?').run(
      becomes,
      failure,
      reference,
    );
    const topUp = topUpSchema.parse(row);
    if (becomes !== 'failed') noteEffect(db, topUp, becomes);
    if (becomes !== 'delivered') spendFloat(db, topUp.currency, BigInt(topUp.amount));
    enqueueWebhook(db, { type: `top_up.${becomes}`, data: { reference } });
  }
}

/** No float that anybody has set: there is enough. */
function spendFloat(db: DatabaseSync, currency: string, change: bigint): void {
  const row = db.prepare('select amount from float where currency = ?').get(currency);
  if (row) setFloat(db, currency, BigInt(String(row['amount'])) + change);
}

export const setFloat = (db: DatabaseSync, currency: string, amount: bigint): void =>
  void db
    .prepare(
      'insert into float (currency, amount) values (?, ?) on conflict (currency) do update set amount = excluded.amount',
    )
    .run(currency, amount.toString());

const noteEffect = (db: DatabaseSync, { reference, phone, amount }: TopUp, effect: string): void =>
  void db
    .prepare('insert into effects (reference, phone, amount, effect, at) values (?, ?, ?, ?, ?)')
    .run(reference, phone, amount, effect, new Date().toISOString());

export const truth = (db: DatabaseSync) => ({
  topUps: db
    .prepare('select reference, phone, operator, amount, currency, status, failure, at from top_ups order by at')
    .all(),
  effects: db.prepare('select reference, phone, amount, effect, at from effects order by id').all(),
  float: db.prepare('select currency, amount from float order by currency').all(),
});
