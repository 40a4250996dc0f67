import type { Db } from './connect.ts';
import { asDomainError } from './errors.ts';

/**
 * Runs a money command: a function of the database that takes JSON and answers JSON, in one round trip and, on a pool,
 * one transaction. It lies beside its caller as `<command>.sql`. Amounts travel as strings of minor units.
 * @throws DomainError what the function refuses; then nothing was changed.
 */
export async function callCommand<T>(db: Db, name: string, input: Readonly<Record<string, unknown>>): Promise<T> {
  try {
    const result: unknown = await db.raw(`select ${name}(?::jsonb) as answer`, [JSON.stringify(input, bigintAsText)]);
    return (result as { rows: [{ answer: T }] }).rows[0].answer;
  } catch (error) {
    throw asDomainError(error);
  }
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
