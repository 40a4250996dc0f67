import { createHash, randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';
import { balanceOf, credit, isOpen, openAccount } from './accounts.ts';
import { transact } from './database.ts';
import { feeOf } from './fees.ts';

export type Kind = 'charge' | 'transfer';

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

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Creation {
  readonly kind: Kind;
  readonly key: string;
  readonly request: PaymentRequest;
  /** A refusal that somebody asked for. */
  readonly refusal?: string | undefined;
  readonly onCreated: (view: PaymentView) => void;
}

export interface PaymentView {
  readonly id: string;
  readonly kind: Kind;
  readonly reference: string;
  readonly amount: string;
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
  readonly status: string;
  readonly fee: string | null;
  readonly failureCode: string | null;
  readonly createdAt: string;
}

/**
 * Carries out a payment once per idempotency key: the same key and body get the stored answer, a refusal included; the
 * same key with another body is a mistake of the caller.
 */
export const createPayment = (db: DatabaseSync, creation: Creation): Answer =>
  transact(db, () => {
    const { kind, request, key, onCreated } = creation;
    const bodyHash = createHash('sha256')
      .update(JSON.stringify([kind, request]))
      .digest('hex');
    const stored = db.prepare('select body_hash, status, answer from answers where key = ?').get(key);
    if (stored && stored['body_hash'] !== bodyHash) {
      return refused(409, 'idempotency_key_mismatch', 'This key was used with another body.');
    }
    if (stored) return { status: Number(stored['status']), body: JSON.parse(String(stored['answer'])) as unknown };
    const failureCode = creation.refusal ?? refusalOf(db, kind, request);
    const view = insert(db, kind, request, failureCode);
    const answer = failureCode
      ? refused(402, failureCode, `The ${kind} was refused: ${failureCode}.`)
      : { status: 201, body: view };
    db.prepare('insert into answers (key, body_hash, status, answer) values (?, ?, ?, ?)').run(
      key,
      bodyHash,
      answer.status,
      JSON.stringify(answer.body),
    );
    onCreated(view);
    return answer;
  });

export const refused = (status: number, code: string, message: string): Answer => ({
  status,
  body: { error: { code, message } },
});

function refusalOf(db: DatabaseSync, kind: Kind, request: PaymentRequest): string | undefined {
  const amount = BigInt(request.amount);
  if (kind === 'charge') return request.source.startsWith('tok_declined') ? 'card_declined' : undefined;
  openAccount(db, request.destination);
  if (!isOpen(db, request.destination)) return 'account_closed';
  if (!isOpen(db, request.source) && request.feePayer === 'destination') return 'account_closed';
  const needed = amount + (request.feePayer === 'source' ? feeOf(kind, amount) : 0n);
  if (balanceOf(db, request.source, request.currency) < needed) return 'insufficient_funds';
  return undefined;
}

function insert(db: DatabaseSync, kind: Kind, request: PaymentRequest, failureCode: string | undefined): PaymentView {
  const amount = BigInt(request.amount);
  const fee = failureCode ? null : feeOf(kind, amount);
  const id = `${kind === 'charge' ? 'ch' : 'tr'}_${randomUUID()}`;
  db.prepare(
    `insert into payments (id, kind, reference, amount, currency, source, destination, status, fee, failure_code, created_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    id,
    kind,
    request.reference,
    amount,
    request.currency,
    request.source,
    request.destination,
    failureCode ? 'failed' : 'succeeded',
    fee,
    failureCode ?? null,
    new Date().toISOString(),
  );
  if (fee !== null) move(db, kind, request, amount, fee);
  const [view] = findPayments(db, kind, request.reference);
  if (!view) throw new Error('A payment has vanished');
  return view;
}

function move(db: DatabaseSync, kind: Kind, request: PaymentRequest, amount: bigint, fee: bigint): void {
  openAccount(db, request.destination);
  if (kind === 'charge') {
    credit(db, request.destination, request.currency, amount - fee);
    return;
  }
  const [sent, received] = request.feePayer === 'source' ? [amount + fee, amount] : [amount, amount - fee];
  credit(db, request.source, request.currency, -sent);
  credit(db, request.destination, request.currency, received);
}

/** A transfer that was carried out comes back, later: the amount to its source, the fee to nobody. */
export const reverseTransfer = (
  db: DatabaseSync,
  reference: string,
  onReversed: (view: PaymentView) => void,
): boolean =>
  transact(db, () => {
    const [view] = findPayments(db, 'transfer', reference);
    if (view?.status !== 'succeeded') return false;
    const amount = BigInt(view.amount);
    credit(db, view.destination, view.currency, -amount);
    credit(db, view.source, view.currency, amount);
    db.prepare("update payments set status = 'reversed' where id = ?").run(view.id);
    onReversed({ ...view, status: 'reversed' });
    return true;
  });

export function findPayments(db: DatabaseSync, kind: Kind, reference?: string): PaymentView[] {
  const statement = db.prepare(
    `select * from payments where kind = ? ${reference === undefined ? '' : 'and reference = ?'} order by created_at, id`,
  );
  statement.setReadBigInts(true);
  const rows = reference === undefined ? statement.all(kind) : statement.all(kind, reference);
  return rows.map((row) => ({
    id: String(row['id']),
    kind,
    reference: String(row['reference']),
    amount: String(row['amount']),
    currency: String(row['currency']),
    source: String(row['source']),
    destination: String(row['destination']),
    status: String(row['status']),
    fee: row['fee'] === null ? null : String(row['fee']),
    failureCode: row['failure_code'] === null ? null : String(row['failure_code']),
    createdAt: String(row['created_at']),
  }));
}
