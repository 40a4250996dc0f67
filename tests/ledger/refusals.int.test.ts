import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDomainError } from '../../db/errors.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { tablesOf } from '../support/refusals.ts';

/** A line for ledger_book, in SQL. */
const transfer = (id: string, change: { kind?: string; amount?: number; to?: string; code?: string } = {}): string => {
  const { kind = 'pending', amount = 100, to = 'platform:fees', code = 'test' } = change;
  return `ledger_transfer('${kind}', '${id}', ledger_account('platform:losses', 'platform', 'USD'),
    ${to.includes(':') ? `ledger_account('${to}', 'platform', 'USD')` : `'${to}'`}, ${amount}, 'USD', '${code}', 'r')`;
};
const resolve = (kind: 'post' | 'void', id: string): string => `ledger_resolve('${kind}', '${id}', 'test', 'r')`;

describe('the ledger', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  const book = async (...lines: string[]): Promise<boolean> => {
    const { rows } = (await test.db.raw(`select ledger_book(array[${lines.join(', ')}]) as wrote`)) as {
      rows: [{ wrote: boolean }];
    };
    return rows[0].wrote;
  };

  it.each<[ErrorCode, string, (id: string) => string[], (id: string) => string[]]>([
    [
      'ledger_transfer_conflict',
      'the same id, another amount',
      (id) => [transfer(id)],
      (id) => [transfer(id, { amount: 101 })],
    ],
    [
      'ledger_transfer_conflict',
      'the same id, another account',
      (id) => [transfer(id)],
      (id) => [transfer(id, { to: 'provider:clearing' })],
    ],
    [
      'ledger_transfer_conflict',
      'the same id, another kind',
      (id) => [transfer(id)],
      (id) => [transfer(id, { kind: 'posted' })],
    ],
    [
      'ledger_transfer_conflict',
      'the same id, for something else',
      (id) => [transfer(id)],
      (id) => [transfer(id, { code: 'other' })],
    ],
    [
      'ledger_transfer_conflict',
      'one that stands and one that does not',
      (id) => [transfer(id)],
      (id) => [transfer(id), transfer(randomUUID())],
    ],
    [
      'ledger_transfer_voided',
      'to post what was voided',
      (id) => [transfer(id), resolve('void', id)],
      (id) => [resolve('post', id)],
    ],
    ['ledger_transfer_voided', 'to come after its undo', (id) => [resolve('void', id)], (id) => [transfer(id)]],
    [
      'ledger_transfer_already_resolved',
      'to void what was posted',
      (id) => [transfer(id), resolve('post', id)],
      (id) => [resolve('void', id)],
    ],
    ['ledger_transfer_unknown', 'to post what never was', () => [], (id) => [resolve('post', id)]],
    [
      'ledger_account_unknown',
      'to an account that was never opened',
      () => [],
      (id) => [transfer(id, { to: randomUUID() })],
    ],
  ])('refuses with %s: %s, and is as it was', async (code, _what, before, lines) => {
    const id = randomUUID();
    // Its accounts are there, whatever comes.
    await book(transfer(randomUUID()), transfer(randomUUID(), { to: 'provider:clearing' }));
    for (const line of before(id)) await book(line);
    const tables = await tablesOf(test.db);
    const error: unknown = await book(...lines(id)).catch(asDomainError);
    expect(error).toMatchObject({ code });
    expect(await tablesOf(test.db)).toEqual(tables);
  });
});
