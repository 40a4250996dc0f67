import type { Db } from './connect.ts';
import { asDomainError } from './errors.ts';
import { runPrepared } from './prepared.ts';

/** A function of the database that takes JSON and answers JSON, and its input; amounts are strings of minor units. */
export interface Command {
  readonly name: string;
  readonly input: object;
  /** The id of the row that it locks first. Such commands may share a transaction (`ledger/call-together.ts`). */
  readonly locksFirst?: string;
}

/**
 * Runs a money command: a function of the database that takes JSON and answers JSON, in one round trip and, on a pool,
 * one transaction. It lies beside its caller as `<command>.sql`. Amounts travel as strings of minor units.
 * @throws DomainError what the function refuses; then nothing was changed.
 */
export async function callCommand<T>(db: Db, name: string, input: object): Promise<T> {
  const statement = { name, text: `select ${name}($1::jsonb) as answer` };
  try {
    const [row] = await runPrepared<{ answer: T }>(db, statement, [JSON.stringify(input, bigintAsText)]);
    return (row as { answer: T }).answer;
  } catch (error) {
    throw asDomainError(error);
  }
}

const bigintAsText = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);
