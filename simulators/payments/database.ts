import { DatabaseSync } from 'node:sqlite';

/** Everything the provider knows, on disk before it answers: `kill -9` loses nothing that was acknowledged. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists accounts (id text primary key, state text not null default 'open');
    create table if not exists balances (account text not null, currency text not null, amount integer not null, primary key (account, currency));
    -- A reference may stand here twice: whoever repeats a call after its key was forgotten pays twice.
    create table if not exists payments (
      id text primary key, kind text not null, reference text not null, amount integer not null, currency text not null,
      source text not null, destination text not null, fee_payer text not null, status text not null, fee integer not null,
      fee_known integer not null, failure_code text, created_at integer not null, visible_at integer not null,
      plan text not null, next_at integer);
    create index if not exists payments_reference on payments (kind, reference);
    create index if not exists payments_next on payments (next_at) where next_at is not null;
    -- What moved, in the order in which it moved: the settlement file.
    create table if not exists entries (
      seq integer primary key, at integer not null, payment_id text not null, reference text not null, kind text not null,
      state text not null, amount integer not null, fee integer not null, currency text not null, source text not null, destination text not null);
    create index if not exists entries_at on entries (at, seq);
    create table if not exists answers (key text primary key, body_hash text not null, status integer not null, answer text not null, stored_at integer not null);
    create table if not exists faults (id integer primary key, rule text not null, remaining integer not null);
    create table if not exists attempts (operation text not null, reference text not null, count integer not null, primary key (operation, reference));
    create table if not exists settings (name text primary key, value text not null);
    create table if not exists webhooks (id text primary key, url text not null, body text not null, forged integer not null, attempts integer not null default 0, due_at integer not null, delivered_at integer);
    create index if not exists webhooks_due on webhooks (due_at) where delivered_at is null;
  `);
  return db;
}

/** Runs in one transaction; an error leaves nothing behind. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate');
  try {
    const result = work();
    db.exec('commit');
    return result;
  } catch (error) {
    db.exec('rollback');
    throw error;
  }
}
