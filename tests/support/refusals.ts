import { expect, it } from 'vitest';
import type { Database } from '../../db/connect.ts';
import { ERROR_STATUS, type ErrorCode } from '../../domain/errors.ts';
import type { TestAnswer } from './http-app.ts';

/** One call that is refused; all that it needs was done before it is made. */
export type Refused = () => Promise<TestAnswer>;

/** Code, what is asked, and the call once all is prepared; `noted`: the one table that remembers the refusal. */
export type Row = readonly [code: ErrorCode, what: string, prepare: () => Promise<Refused>, noted?: string];

export function walkRows(db: () => Database, rows: readonly Row[]): void {
  for (const [code, what, prepare, noted] of rows)
    it(`${code}: ${what}`, async () => refuses(db(), code, await prepare(), noted));
}

/** Expects this code, its status, and that the database is as it was, but for more rows in `noted`. */
export async function refuses(db: Database, code: ErrorCode, refused: Refused, noted?: string): Promise<void> {
  const before = await tablesOf(db);
  const { status, headers, body } = await refused();
  expect([status, body.code], JSON.stringify(body)).toEqual([ERROR_STATUS[code], code]);
  expect(headers.get('content-type')).toContain('application/problem+json');
  const after = await tablesOf(db);
  const changed = [...after].filter(([table, rows]) => rows !== before.get(table)).map(([table]) => table);
  expect(changed).toEqual(noted === undefined ? [] : [noted]);
}

/** All rows of all tables, as one hash for each; a refusal is kept under its idempotency key, and nowhere else. */
export async function tablesOf(db: Database): Promise<Map<string, string>> {
  const names = await db('pg_tables')
    .where({ schemaname: 'public' })
    .whereRaw(`tablename !~ '^(idempotency|knex)'`)
    .pluck<string[]>('tablename');
  const selects = names.map(
    (name) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, '|' order by t::text), '')) as rows from ${name} t`,
  );
  const { rows } = (await db.raw(selects.join(' union all '))) as { rows: { name: string; rows: string }[] };
  return new Map(rows.map(({ name, rows: hash }) => [name, hash]));
}
