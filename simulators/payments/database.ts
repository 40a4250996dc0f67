import { DatabaseSync } from 'node:sqlite';

/** Everything the provider knows, on disk before it answers: `kill -9` loses nothing that was acknowledged. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists accounts (id text primary key, state text not null default 'open');
    create table if not exists balances (account text not null, currency text not null, amount integer not null, primary key (account, currency));
    create table if not exists payments (
      id text primary key, kind text not null, reference text not null, amount integer not null, currency text not null,
      source text not null, destination text not null, status text not null, fee integer, failure_code text, created_at text not null,
      unique (kind, reference));
    create table if not exists answers (key text primary key, body_hash text not null, status integer not null, answer text not null);
    create table if not exists faults (id integer primary key, rule text not null, remaining integer not null);
    create table if not exists webhooks (id text primary key, url text not null, body text not null, attempts integer not null default 0, due_at integer not null, delivered_at integer);
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
