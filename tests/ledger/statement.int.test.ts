import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { account, type Account } from '../../db/ledger/account.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { listAccounts } from '../../db/ledger/find-accounts.ts';
import { reverseTransfer } from '../../db/ledger/reverse-transfer.ts';
import { readBalanceAt, readStatement, type StatementEntry } from '../../db/ledger/statement.ts';
import { twice } from '../commands/twice.ts';
import { cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bookTransfer } from '../support/ledger.ts';

const provider = account('provider:clearing', 'platform', 'USD');
const losses = account('platform:losses', 'platform', 'USD');
const day = (number: number): Date => new Date(Date.UTC(2026, 0, number));

describe('reading the ledger', () => {
  let test: TestDatabase;
  let wallet: Account;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    wallet = account('host:wallet', randomUUID(), 'USD');
    for (let number = 1; number <= 10; number += 1)
      await bookTransfer(test.db, [provider, wallet], { amountMinor: 100n, code: 'fund', effectiveAt: day(number) });
    await bookTransfer(test.db, [wallet, provider], { amountMinor: 250n, code: 'withdraw', effectiveAt: day(5) });
    await bookTransfer(test.db, [wallet, losses], {
      amountMinor: 30n,
      kind: 'pending',
      code: 'set-aside',
      effectiveAt: day(6),
    });
  });
  afterAll(() => test.drop());

  const read = (change: object = {}): Promise<StatementEntry[]> =>
    readStatement(test.db, { accountId: wallet.id, entries: 'booked', limit: 100, ...change });

  it('gives a statement page by page, each entry once, with the balance after it', async () => {
    const whole = await read();
    expect(whole.map(({ balanceMinor }) => balanceMinor).at(-1)).toBe(750n);
    const paged: StatementEntry[] = [];
    for (let after: StatementEntry | undefined; ;) {
      const page = await read({ limit: 3, after });
      paged.push(...page.slice(0, 3));
      after = page[2];
      if (page.length <= 3) break;
    }
    expect(paged).toEqual(whole);
    expect(whole.find(({ code }) => code === 'withdraw')).toMatchObject({
      amountMinor: -250n,
      counterparty: 'provider:clearing',
    });
  });

  it('begins a period with the balance before it, and shows what is set aside where that is asked for', async () => {
    const period = await read({ from: day(6), to: day(9) });
    expect(period.map(({ balanceMinor }) => balanceMinor)).toEqual([350n, 450n, 550n]);
    const all = await read({ from: day(6), to: day(7), entries: 'all' });
    expect(all.map(({ kind, amountMinor, balanceMinor }) => [kind, amountMinor, balanceMinor])).toEqual(
      expect.arrayContaining([
        ['pending', -30n, expect.any(BigInt)],
        ['posted', 100n, expect.any(BigInt)],
      ]),
    );
    expect(await read({ accountId: account('unclaimed', 'platform', 'USD').id })).toEqual([]);
  });

  it('shows the side of a debit account as it is', async () => {
    const [first] = await read({ accountId: provider.id, limit: 1 });
    expect(first).toMatchObject({ amountMinor: 100n, balanceMinor: 100n, counterparty: 'host:wallet' });
  });

  it('knows the balance at a time, and what was known of it at that time', async () => {
    const at = (date: Date, knownAt?: Date) => readBalanceAt(test.db, { accountId: wallet.id, at: date, knownAt });
    expect(await at(day(1))).toBe(0n);
    expect(await at(day(5))).toBe(400n);
    expect(await at(day(6))).toBe(250n);
    expect(await at(new Date())).toBe(750n);
    const before = new Date();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await bookTransfer(test.db, [provider, wallet], { amountMinor: 7n, code: 'late', effectiveAt: day(2) });
    expect(await at(day(6))).toBe(257n);
    expect(await at(day(6), before)).toBe(250n);
    expect(await readBalanceAt(test.db, { accountId: randomUUID(), at: day(9) })).toBe(0n);
  });

  it('lists accounts by type, page by page', async () => {
    const types = async (after?: string) => listAccounts(test.db, { limit: 1, currency: 'USD', after });
    const [first] = await types();
    const [second] = await types(first?.id);
    expect([first?.type, second?.type]).toEqual(['host:wallet', 'platform:losses']);
    expect(await listAccounts(test.db, { limit: 10, type: 'host:wallet', ownerId: wallet.ownerId })).toMatchObject([
      { id: wallet.id, postedMinor: 757n, availableMinor: 727n },
    ]);
    expect(await listAccounts(test.db, { limit: 10, currency: 'EUR' })).toEqual([]);
  });

  it('goes along the indexes of the account, however many transfers there are', async () => {
    await test.db.transaction(async (trx) => {
      await trx.raw("set local statement_timeout = '1min'");
      await trx.raw(`
        insert into ledger_transfers (id, kind, debit_account_id, credit_account_id, amount_minor, currency, code, reference_id, effective_at)
        select gen_random_uuid(), 'posted', md5((i % 500)::text)::uuid, md5((i % 500 + 1000)::text)::uuid, 1, 'USD', 'fill', 'fill', now() - make_interval(secs => i)
        from generate_series(1, 30000) i`);
    });
    await test.db.raw('analyze ledger_transfers');
    const asked: { sql: string; bindings: readonly unknown[] }[] = [];
    const listen = (query: { sql: string; bindings: readonly unknown[] }): number => asked.push(query);
    test.db.on('query', listen);
    await read({ from: day(3) });
    await readBalanceAt(test.db, { accountId: wallet.id, at: day(3), knownAt: day(4) });
    test.db.off('query', listen);
    expect(asked).toHaveLength(3);
    for (const { sql, bindings } of asked) {
      const client = await test.db.client.acquireRawConnection();
      const { rows } = await client.query(`explain ${sql}`, [...bindings]);
      await client.end();
      const plan = rows.map((row: Record<string, string>) => row['QUERY PLAN']).join('\n');
      expect(plan).toMatch(/ledger_transfers_debit/);
      expect(plan).toMatch(/ledger_transfers_credit/);
      expect(plan).not.toMatch(/Seq Scan on ledger_transfers/);
    }
    await test.db.raw(`alter table ledger_transfers disable trigger all`);
    await test.db.raw(`delete from ledger_transfers where code = 'fill'`);
  });

  describe('reversal', () => {
    const reversalOf = (transferId: string, change: object = {}) => ({
      reversalId: randomUUID(),
      transferId,
      reason: 'booked by mistake',
      backdated: false,
      ...change,
    });

    it('books the opposite once, under a name that points at the first', async () => {
      const code = 'reconciliation.loss';
      const transferId = await bookTransfer(test.db, [losses, provider], {
        amountMinor: 40n,
        code,
        effectiveAt: day(4),
      });
      const input = reversalOf(transferId, { backdated: true });
      const reversed = await twice(test.db, () => reverseTransfer(test.db, input, cause));
      expect(reversed).toMatchObject({ amountMinor: '40', code: 'reconciliation.loss.reversal' });
      const entries = await read({ accountId: losses.id });
      expect(entries.map(({ amountMinor, correctsId }) => [amountMinor, correctsId])).toEqual(
        expect.arrayContaining([
          [40n, null],
          [-40n, transferId],
        ]),
      );
      expect(await readBalanceAt(test.db, { accountId: losses.id, at: day(5) })).toBe(0n);
      await expect(reverseTransfer(test.db, reversalOf(transferId), cause)).rejects.toMatchObject({
        code: 'ledger_transfer_already_reversed',
      });
      await expect(reverseTransfer(test.db, reversalOf(input.reversalId), cause)).rejects.toMatchObject({
        code: 'ledger_transfer_not_reversible',
      });
    });

    it('is refused for what belongs to a process, is not posted, or is not there', async () => {
      const fund = await bookTransfer(test.db, [provider, wallet], { amountMinor: 1n, code: 'fund' });
      const pending = await bookTransfer(test.db, [wallet, provider], {
        amountMinor: 1n,
        kind: 'pending',
        code: 'adjustment.x',
      });
      const refusals = { [fund]: 'not_reversible', [pending]: 'not_posted', [randomUUID()]: 'unknown' };
      for (const [id, code] of Object.entries(refusals))
        await expect(reverseTransfer(test.db, reversalOf(id), cause)).rejects.toMatchObject({
          code: `ledger_transfer_${code}`,
        });
    });

    it('does not overdraw', async () => {
      const other = account('host:wallet', randomUUID(), 'USD');
      const id = await bookTransfer(test.db, [losses, other], { amountMinor: 10n, code: 'adjustment.goodwill' });
      await bookTransfer(test.db, [other, losses], { amountMinor: 5n });
      await expect(reverseTransfer(test.db, reversalOf(id), cause)).rejects.toMatchObject({
        code: 'ledger_insufficient_balance',
      });
    });

    it('keeps the invariants', async () => {
      expect((await checkLedger(test.db, 'giveaway')).filter(({ broken }) => broken > 0)).toEqual([]);
    });
  });
});
