import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';

/** How the authority behaves, until it is told otherwise. */
export const conditionsSchema = z.object({
  /** Every call is answered with 503. */
  down: z.boolean().default(false),
  /** Requests are refused, as RFC 3161 says how. */
  refuse: z.boolean().default(false),
  /** The stamp is of something else than was asked for. */
  wrongImprint: z.boolean().default(false),
  /** Added to its clock. */
  clockOffsetMs: z.number().int().default(0),
});

/** The keys, the certificates and what was stamped, on disk before anything is answered. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists authority (
      id integer primary key check (id = 1), root blob not null, certificate blob not null, private_key text not null);
    create table if not exists stamped (serial integer primary key, imprint text not null, at text not null);
  `);
  return db;
}

/** @returns the serial number of the stamp. */
export function noteStamped(db: DatabaseSync, imprint: string, at: string): number {
  return Number(db.prepare('insert into stamped (imprint, at) values (?, ?)').run(imprint, at).lastInsertRowid);
}

export const allStamped = (db: DatabaseSync) =>
  db.prepare('select serial, imprint, at from stamped order by serial').all();
