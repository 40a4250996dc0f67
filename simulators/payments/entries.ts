import type { DatabaseSync } from 'node:sqlite';
import { nowMs } from './clock.ts';

export interface Entry {
  readonly seq: number;
  readonly paymentId: string;
  readonly reference: string;
  readonly kind: 'charge' | 'transfer' | 'reversal';
  readonly state: string;
  readonly amount: string;
  readonly fee: string;
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
  /** Milliseconds. */
  readonly at: number;
}

interface NewEntry {
  readonly id: string;
  readonly reference: string;
  readonly kind: Entry['kind'];
  readonly state: string;
  readonly amount: string;
  readonly fee: bigint;
  readonly currency: string;
  readonly source: string;
  readonly destination: string;
}

/** Money has moved: a line of the day's settlement file. */
export function addEntry(db: DatabaseSync, entry: NewEntry, at = nowMs(db)): void {
  db.prepare(
    'insert into entries (at, payment_id, reference, kind, state, amount, fee, currency, source, destination) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
  ).run(
    at,
    entry.id,
    entry.reference,
    entry.kind,
    entry.state,
    BigInt(entry.amount),
    entry.fee,
    entry.currency,
    entry.source,
    entry.destination,
  );
}

export interface Window {
  readonly from: number;
  readonly until: number;
}

/** One page of what moved in a time, the oldest first. */
export function readEntries(
  db: DatabaseSync,
  { from, until }: Window,
  after: Pick<Entry, 'at' | 'seq'> | undefined,
  limit: number,
): Entry[] {
  const statement = db.prepare('select * from entries where (at, seq) > (?, ?) and at < ? order by at, seq limit ?');
  statement.setReadBigInts(true);
  return statement.all(after?.at ?? from, after?.seq ?? 0, until, limit).map(toEntry);
}

/** The same, the newest first, of one account. */
export function readEntriesBackwards(
  db: DatabaseSync,
  { from, until, account }: Window & { readonly account: string },
  before: Pick<Entry, 'at' | 'seq'> | undefined,
  limit: number,
): Entry[] {
  const statement = db.prepare(
    `select * from entries where (at, seq) < (?, ?) and at >= ? and (source = ? or destination = ?)
     order by at desc, seq desc limit ?`,
  );
  statement.setReadBigInts(true);
  return statement.all(before?.at ?? until, before?.seq ?? 0, from, account, account, limit).map(toEntry);
}

export function findEntry(db: DatabaseSync, seq: number): Entry | undefined {
  const statement = db.prepare('select * from entries where seq = ?');
  statement.setReadBigInts(true);
  const row = statement.get(seq);
  return row && toEntry(row);
}

const toEntry = (row: Record<string, unknown>): Entry => ({
  seq: Number(row['seq']),
  paymentId: String(row['payment_id']),
  reference: String(row['reference']),
  kind: row['kind'] as Entry['kind'],
  state: String(row['state']),
  amount: String(row['amount']),
  fee: String(row['fee']),
  currency: String(row['currency']),
  source: String(row['source']),
  destination: String(row['destination']),
  at: Number(row['at']),
});
