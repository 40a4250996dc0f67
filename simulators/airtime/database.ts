import { DatabaseSync } from 'node:sqlite';

/** All of it, or nothing. */
export function inTransaction<T>(db: DatabaseSync, work: () => T): T {
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

/** Everything the provider knows, on disk before it answers. Times are milliseconds since 1970. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists top_ups (
      reference text primary key, id text not null unique, phone text not null, operator text not null, amount text not null,
      currency text not null, status text not null, failure text, becomes text, becomes_at integer,
      -- Look-ups find nothing before.
      visible_at integer not null, at text not null);
    -- What has really reached a phone, or was taken back from it.
    create table if not exists effects (
      id integer primary key, reference text not null, phone text not null, amount text not null, effect text not null, at text not null);
    create table if not exists float (currency text primary key, amount text not null);
    create table if not exists faults (id integer primary key, rule text not null, remaining integer not null);
    create table if not exists mix (id integer primary key check (id = 1), value text not null);
    create table if not exists attempts (operation text not null, reference text not null, count integer not null, primary key (operation, reference));
    create table if not exists webhooks (
      id text primary key, body text not null, due_at integer not null, attempts integer not null default 0, delivered_at integer);
  `);
  return db;
}
