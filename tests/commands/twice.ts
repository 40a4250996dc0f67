import { expect } from 'vitest';
import type { Database } from '../../db/connect.ts';

const EFFECTS = `
  select (select count(*) from ledger_transfers) as transfers, (select count(*) from domain_events) as events,
    (select coalesce(sum(debits_posted + debits_pending), 0) from ledger_balances) as balances`;

const effectsIn = async (db: Database): Promise<string> =>
  JSON.stringify((await db.raw(EFFECTS)).rows, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );

/**
 * Runs a command twice at once, and then once more: equal answers, and after the first two nothing changes any more.
 * @returns the answer.
 */
export async function twice<T>(db: Database, command: () => Promise<T>): Promise<T> {
  const [first, second] = await Promise.all([command(), command()]);
  expect(second).toEqual(first);
  const before = await effectsIn(db);
  expect(await command()).toEqual(first);
  expect(await effectsIn(db)).toBe(before);
  return first;
}

/** How many events of each type there are. */
export async function eventCounts(db: Database): Promise<Record<string, number>> {
  const rows = await db('domain_events')
    .groupBy('type')
    .select<{ type: string; count: bigint }[]>('type', db.raw('count(*) as count'));
  return Object.fromEntries(rows.map(({ type, count }) => [type, Number(count)]));
}
