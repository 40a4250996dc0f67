import { DatabaseSync } from 'node:sqlite';

/** Everything the network knows, on disk before it answers. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists actions (
      account text not null, action text not null, target text not null, at text not null,
      primary key (account, action, target));
    create table if not exists faults (id integer primary key, rule text not null, remaining integer not null);
    create table if not exists asked (
      id integer primary key, account text not null, action text not null, target text not null, answer text not null, at text not null);
    create table if not exists limits (id integer primary key check (id = 1), calls integer not null, window_ms integer not null);
  `);
  return db;
}
