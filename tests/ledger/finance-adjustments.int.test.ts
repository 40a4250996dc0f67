import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLedger } from '../../db/ledger/audit.ts';
import { reverseTransfer } from '../../db/ledger/reverse-transfer.ts';
import { decideAdjustment, listAdjustments, requestAdjustment } from '../../db/platform/finance-adjustments.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const by = (actor: string) => ({ actor, requestId: 'test' });

describe('bookings by hand', () => {
  let test: TestDatabase;
  const debtorId = randomUUID();

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    await test.db.raw(
      `select ledger_book(array[ledger_transfer('posted', gen_random_uuid(), ledger_account('merchant:receivable', ?, 'USD'),
         ledger_account('merchant:payable', ?, 'USD'), 5000, 'USD', 'test', 'test')])`,
      [debtorId, debtorId],
    );
  });
  afterAll(() => test.drop());

  const writeOff = (amountMinor: bigint) => ({
    adjustmentId: randomUUID(),
    kind: 'receivable_write_off' as const,
    debtorType: 'merchant:receivable' as const,
    debtorId,
    currency: 'USD',
    amountMinor,
    reason: 'bankrupt',
  });
  const balance = async (type: string): Promise<unknown> =>
    (await test.db('ledger_balances').where({ type }).select(test.db.raw('debits_posted - credits_posted as debit')))[0]
      ?.debit;

  it('take two people, and move nothing before', async () => {
    const input = writeOff(2_000n);
    await twice(test.db, () => requestAdjustment(test.db, input, by('user:one')));
    expect(await balance('merchant:receivable')).toBe(5_000n);
    const approve = { adjustmentId: input.adjustmentId, approve: true };
    await expect(decideAdjustment(test.db, approve, by('user:one'))).rejects.toMatchObject({
      code: 'second_person_missing',
    });
    const booked = await twice(test.db, () => decideAdjustment(test.db, approve, by('user:two')));
    expect(booked).toMatchObject({ state: 'BOOKED', requestedBy: 'user:one', decidedBy: 'user:two' });
    expect([await balance('merchant:receivable'), await balance('platform:losses')]).toEqual([3_000n, 2_000n]);
    await expect(decideAdjustment(test.db, { ...approve, approve: false }, by('user:two'))).rejects.toMatchObject({
      code: 'adjustment_decided',
    });
  });

  it('give up no more than is owed, and can be rejected', async () => {
    const tooMuch = writeOff(3_001n);
    await requestAdjustment(test.db, tooMuch, by('user:one'));
    const approve = { adjustmentId: tooMuch.adjustmentId, approve: true };
    await expect(decideAdjustment(test.db, approve, by('user:two'))).rejects.toMatchObject({
      code: 'ledger_insufficient_balance',
    });
    const rejected = await decideAdjustment(test.db, { ...approve, approve: false }, by('user:one'));
    expect(rejected).toMatchObject({ state: 'REJECTED', transferId: null });
    expect((await listAdjustments(test.db, { limit: 10 })).map(({ state }) => state)).toEqual(['REJECTED', 'BOOKED']);
  });

  it('book what the provider does not have, and can be taken back by hand', async () => {
    const loss = { ...writeOff(70n), kind: 'reconciliation_loss' as const, debtorType: null, debtorId: null };
    await requestAdjustment(test.db, loss, by('user:one'));
    const approve = { adjustmentId: loss.adjustmentId, approve: true };
    const { transferId } = await decideAdjustment(test.db, approve, by('user:two'));
    expect(await balance('provider:clearing')).toBe(-70n);
    const reversal = { transferId: transferId ?? '', reversalId: randomUUID(), reason: 'found', backdated: false };
    await reverseTransfer(test.db, reversal, by('user:one'));
    expect(await balance('provider:clearing')).toBe(0n);
    expect((await checkLedger(test.db, 'giftcard')).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
