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
export type Conditions = z.output<typeof conditionsSchema>;

/** The keys, the certificates and the conditions, on disk before anything is answered. */
export function openDatabase(file: string): DatabaseSync {
  const db = new DatabaseSync(file);
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = full;
    create table if not exists authority (
      id integer primary key check (id = 1), root blob not null, certificate blob not null, private_key text not null);
    create table if not exists conditions (id integer primary key check (id = 1), value text not null);
    create table if not exists stamped (serial integer primary key, imprint text not null, at text not null);
  `);
  return db;
}

export function readConditions(db: DatabaseSync): Conditions {
  const row = db.prepare('select value from conditions where id = 1').get();
  return conditionsSchema.parse(row ? JSON.parse(String(row['value'])) : {});
}

export function setConditions(db: DatabaseSync, conditions: Conditions): void {
  db.prepare(
    'insert into conditions (id, value) values (1, ?) on conflict (id) do update set value = excluded.value',
  ).run(JSON.stringify(conditions));
}

/** @returns the serial number of the stamp. */
export function noteStamped(db: DatabaseSync, imprint: string, at: string): number {
  return Number(db.prepare('insert into stamped (imprint, at) values (?, ?)').run(imprint, at).lastInsertRowid);
}

export const truth = (db: DatabaseSync) => ({
  conditions: readConditions(db),
  stamped: db.prepare('select serial, imprint, at from stamped order by serial').all(),
});
