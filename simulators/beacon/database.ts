import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** How the beacon behaves, until it is told otherwise. */
export const conditionsSchema = z.object({
  /** So much later than they are due rounds come out. */
  lateMs: z.number().int().min(0).default(0),
  /** Every call is answered with 503. */
  down: z.boolean().default(false),
  /** A round is signed as if it were another one. */
  wrongSignature: z.boolean().default(false),
});

/** The key and what was asked, on disk before anything is answered. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists chain (
      id integer primary key check (id = 1), secret_key blob not null, period_seconds integer not null,
      genesis_time integer not null, group_hash text not null);
    create table if not exists asked (id integer primary key, round integer not null, answer text not null, at text not null);
  `);
  return db;
}

export function noteAsked(db: DatabaseSync, round: number, answer: string): void {
  db.prepare('insert into asked (round, answer, at) values (?, ?, ?)').run(round, answer, new Date().toISOString());
}

export const allAsked = (db: DatabaseSync) => db.prepare('select round, answer, at from asked order by id').all();
