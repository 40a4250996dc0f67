import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { balanceOf, credit, isOpen, openAccount } from './accounts.ts';
import { nowMs } from './clock.ts';
import { addEntry } from './entries.ts';
import { feeOf } from './fees.ts';

export type Kind = 'charge' | 'transfer';
export type Status = 'pending' | 'succeeded' | 'failed' | 'reversed';

export interface PaymentRequest {
  readonly reference: string;
  readonly amount: string;
  readonly currency: string;
  /** A payer's token for a charge, an account for a transfer. */
  readonly source: string;
  readonly destination: string;
  /** Of a transfer. */
  readonly feePayer: 'source' | 'destination';
}

/** What becomes of a payment later, in order. `fee`: from then on its fee is reported. */
interface Step {
  readonly at: number;
  readonly becomes: Exclude<Status, 'pending'> | 'fee';
  readonly code?: string | undefined;
}

/** How a payment goes; the ordinary one is done at once. */
export interface Course {
  readonly refusal?: string | undefined;
  /** Milliseconds from now. */
  readonly later?: readonly { readonly afterMs: number; readonly becomes: Step['becomes']; readonly code?: string }[];
  readonly pending?: boolean;
  readonly feeLate?: boolean;
  /** Instead of what was quoted. */
  readonly fee?: bigint | undefined;
  /** Look-ups do not find it before. */
  readonly hiddenForMs?: number | undefined;
  /** Of a settlement file: it breaks off. */
  readonly cutShort?: boolean;
}

export interface PaymentView {
  readonly id: string;
  readonly kind: Kind;
  readonly reference: string;
  readonly amount: string;
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
  readonly feePayer: 'source' | 'destination';
  readonly status: Status;
  /** Null until it is reported. */
  readonly fee: string | null;
  readonly failureCode: string | null;
  readonly createdAt: string;
}

/** Called in the transaction of whatever happened to the payment. */
export type Announce = (payment: PaymentView) => void;

/** Carries out a payment, or refuses it; either way it is written down. Runs inside the caller's transaction. */
export function createPayment(
  db: DatabaseSync,
  kind: Kind,
  request: PaymentRequest,
  course: Course,
  announce: Announce,
): PaymentView {
  const now = nowMs(db);
  const amount = BigInt(request.amount);
  const fee = course.fee ?? feeOf(kind, amount);
  const refusal = course.refusal ?? refusalOf(db, kind, request, fee);
  const plan: Step[] = refusal
    ? []
    : (course.later ?? []).map(({ afterMs, ...step }) => ({ at: now + afterMs, ...step }));
  const status: Status = refusal ? 'failed' : course.pending ? 'pending' : 'succeeded';
  const id = `${kind === 'charge' ? 'ch' : 'tr'}_${randomUUID().replaceAll('-', '')}`;
  db.prepare(
    `insert into payments (id, kind, reference, amount, currency, source, destination, fee_payer, status, fee, fee_known, failure_code, created_at, visible_at, plan, next_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    kind,
    request.reference,
    amount,
    request.currency,
    request.source,
    request.destination,
    request.feePayer,
    status,
    fee,
    status === 'succeeded' && !course.feeLate ? 1 : 0,
    refusal ?? null,
    now,
    now + (course.hiddenForMs ?? 0),
    JSON.stringify(plan),
    plan[0]?.at ?? null,
  );
  const payment = requirePayment(db, id);
  openAccount(db, request.destination);
  if (status !== 'failed') takeFromSource(db, payment, fee);
  if (status === 'succeeded') giveToDestination(db, payment, fee);
  announce(payment);
  return payment;
}

function refusalOf(db: DatabaseSync, kind: Kind, request: PaymentRequest, fee: bigint): string | undefined {
  if (kind === 'charge') return request.source.startsWith('tok_declined') ? 'card_declined' : undefined;
  openAccount(db, request.destination);
  if (!isOpen(db, request.destination)) return 'account_closed';
  if (!isOpen(db, request.source) && request.feePayer === 'destination') return 'account_closed';
  const needed = BigInt(request.amount) + (request.feePayer === 'source' ? fee : 0n);
  return balanceOf(db, request.source, request.currency) < needed ? 'insufficient_funds' : undefined;
}

/** A charge takes from somebody's card: of that there is no account here. */
function takeFromSource(db: DatabaseSync, payment: PaymentView, fee: bigint, sign = 1n): void {
  if (payment.kind === 'charge') return;
  const taken = BigInt(payment.amount) + (payment.feePayer === 'source' ? fee : 0n);
  credit(db, payment.source, payment.currency, -sign * taken);
}

function giveToDestination(db: DatabaseSync, payment: PaymentView, fee: bigint): void {
  const kept = payment.kind === 'charge' || payment.feePayer === 'destination' ? fee : 0n;
  credit(db, payment.destination, payment.currency, BigInt(payment.amount) - kept);
  addEntry(db, { ...payment, kind: payment.kind, state: 'succeeded', fee });
}

/** What is due by the provider's clock happens now. */
export function settleDue(db: DatabaseSync, announce: Announce): void {
  const due = db.prepare('select id, plan, fee from payments where next_at <= ? order by next_at, id limit 1000');
  due.setReadBigInts(true);
  for (const row of due.all(nowMs(db))) {
    const [step, ...rest] = JSON.parse(String(row['plan'])) as Step[];
    db.prepare('update payments set plan = ?, next_at = ? where id = ?').run(
      JSON.stringify(rest),
      rest[0]?.at ?? null,
      String(row['id']),
    );
    if (step) become(db, String(row['id']), step, announce);
  }
}

function become(db: DatabaseSync, id: string, { becomes, code }: Step, announce: Announce): void {
  const payment = requirePayment(db, id);
  const fee = feeKept(db, id);
  if (becomes === 'reversed') return void reverse(db, payment, announce);
  if (becomes === 'fee') db.prepare('update payments set fee_known = 1 where id = ?').run(id);
  else if (payment.status !== 'pending') return;
  else {
    if (becomes === 'succeeded') giveToDestination(db, payment, fee);
    else takeFromSource(db, payment, fee, -1n);
    db.prepare('update payments set status = ?, failure_code = ?, fee_known = ? where id = ?').run(
      becomes,
      becomes === 'failed' ? (code ?? 'failed') : null,
      becomes === 'succeeded' ? 1 : 0,
      id,
    );
  }
  announce(requirePayment(db, id));
}

/** A transfer that was carried out comes back, later: the amount to its source, the fee to nobody. */
export function reverseTransfer(db: DatabaseSync, reference: string, announce: Announce): boolean {
  const payment = findPayments(db, 'transfer', { reference }).find(({ status }) => status === 'succeeded');
  return payment !== undefined && reverse(db, payment, announce);
}

function reverse(db: DatabaseSync, payment: PaymentView, announce: Announce): boolean {
  if (payment.kind !== 'transfer' || payment.status !== 'succeeded') return false;
  const amount = BigInt(payment.amount);
  credit(db, payment.destination, payment.currency, -amount);
  credit(db, payment.source, payment.currency, amount);
  db.prepare("update payments set status = 'reversed' where id = ?").run(payment.id);
  // The way back: what was the destination gives.
  const back = { source: payment.destination, destination: payment.source };
  addEntry(db, { ...payment, ...back, kind: 'reversal', state: 'reversed', fee: 0n });
  announce({ ...payment, status: 'reversed' });
  return true;
}

/** A payer takes back this much of a charge through the bank; the provider takes it from the account. */
export function disputeCharge(db: DatabaseSync, reference: string, amount: bigint): PaymentView | undefined {
  const charge = findPayments(db, 'charge', { reference }).find(({ status }) => status === 'succeeded');
  if (!charge) return undefined;
  credit(db, charge.destination, charge.currency, -amount);
  const back = { source: charge.destination, destination: charge.source, amount: amount.toString() };
  addEntry(db, { ...charge, ...back, kind: 'reversal', state: 'disputed', fee: 0n });
  return charge;
}

const feeKept = (db: DatabaseSync, id: string): bigint => {
  const statement = db.prepare('select fee from payments where id = ?');
  statement.setReadBigInts(true);
  return statement.get(id)?.['fee'] as bigint;
};

export function requirePayment(db: DatabaseSync, id: string): PaymentView {
  const [found] = findPayments(db, undefined, { id });
  if (!found) throw new Error('A payment has vanished');
  return found;
}

export interface PaymentFilter {
  readonly id?: string | undefined;
  readonly reference?: string | undefined;
  /** Only what look-ups find by now. */
  readonly visibleAt?: number | undefined;
}

export function findPayments(db: DatabaseSync, kind: Kind | undefined, filter: PaymentFilter = {}): PaymentView[] {
  const wanted: [string, string | number | undefined][] = [
    ['kind = ?', kind],
    ['id = ?', filter.id],
    ['reference = ?', filter.reference],
    ['visible_at <= ?', filter.visibleAt],
  ];
  const given = wanted.filter((pair): pair is [string, string | number] => pair[1] !== undefined);
  const where = given.map(([condition]) => condition).join(' and ') || 'true';
  const statement = db.prepare(`select * from payments where ${where} order by created_at, rowid`);
  statement.setReadBigInts(true);
  return statement.all(...given.map(([, value]) => value)).map(toView);
}

const toView = (row: Record<string, unknown>): PaymentView => ({
  id: String(row['id']),
  kind: row['kind'] as Kind,
  reference: String(row['reference']),
  amount: String(row['amount']),
  currency: String(row['currency']),
  source: String(row['source']),
  destination: String(row['destination']),
  feePayer: row['fee_payer'] as PaymentView['feePayer'],
  status: row['status'] as Status,
  fee: row['fee_known'] === 1n ? String(row['fee']) : null,
  failureCode: row['failure_code'] as string | null,
  createdAt: new Date(Number(row['created_at'])).toISOString(),
});
