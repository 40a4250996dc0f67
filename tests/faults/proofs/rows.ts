import { connect } from '../../../db/connect.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { PATIENCE_MS } from '../../support/database.ts';

/** What a query finds in one of the databases, past all proxies. */
export async function rowsOf<T>({ environment }: Stack, database: 'GIVEAWAY' | 'GIFTCARD', sql: string): Promise<T[]> {
  const url = environment[`DATABASE_URL_${database}`] ?? '';
  const db = connect({ url, poolMax: 1, applicationName: 'handsel-faults', patienceMs: PATIENCE_MS });
  try {
    const result: unknown = await db.raw(sql);
    return (result as { rows: T[] }).rows;
  } finally {
    await db.destroy();
  }
}
