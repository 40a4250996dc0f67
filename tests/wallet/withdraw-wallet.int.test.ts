import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLedger } from '../../db/ledger/audit.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { holdWallet } from '../../db/wallet/hold-wallet.ts';
import { setPayoutAccount } from '../../db/wallet/payout-account.ts';
import { listWallets, listWithdrawals } from '../../db/wallet/queries.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  decideWithdrawal,
  nextWithdrawalStep,
  parkWithdrawal,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../db/wallet/withdraw-wallet.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fundHost, walletOf } from '../support/wallets.ts';

describe('withdrawing from a wallet', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  const withdrawal = (hostId: string, change: object = {}) => ({
    withdrawalId: randomUUID(),
    hostId,
    currency: 'USD',
    amountMinor: 4_000n,
    payoutMinimumMinor: 0n,
    ...change,
  });
  async function begun(change: object = {}) {
    const { hostId } = await fundHost(test.db);
    const step = await beginWithdrawal(test.db, withdrawal(hostId, change), cause);
    const intentId = step.intent?.intentId ?? '';
    return { hostId, step, ref: { withdrawalId: step.withdrawalId, intentId } };
  }

  it('sets the money aside with its share of the fee, and pays the rest', async () => {
    const { hostId } = await fundHost(test.db);
    const input = withdrawal(hostId);
    const step = await twice(test.db, () => beginWithdrawal(test.db, input, cause));
    expect(step).toMatchObject({ feeMinor: '120', paidMinor: '3880', state: 'PAYING' });
    expect(step.intent).toMatchObject({ amountMinor: '3880', destinationAccount: `acct_${hostId}` });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 6_000n, 300n]);
    const paid = { ...step.intent, withdrawalId: step.withdrawalId, intentId: step.intent?.intentId ?? '' };
    const done = await twice(test.db, () =>
      completeWithdrawal(test.db, { ...paid, providerId: 'tr', payoutFeeMinor: 25n }, cause),
    );
    expect(done).toMatchObject({ state: 'SUCCEEDED', intent: null });
    expect(await walletOf(test.db, hostId)).toEqual([6_000n, 6_000n, 180n]);
    await expect(beginWithdrawal(test.db, { ...input, amountMinor: 1n }, cause)).rejects.toMatchObject({
      code: 'idempotency_key_reused',
    });
  });

  it('takes all of the fee with the last unit', async () => {
    const { hostId } = await fundHost(test.db, { amountMinor: 1_000n, feeMinor: 59n });
    const step = await beginWithdrawal(test.db, withdrawal(hostId, { amountMinor: 1_000n }), cause);
    expect(step).toMatchObject({ feeMinor: '59', paidMinor: '941' });
  });

  it('refuses what is held, what is not there, and what leaves nothing; nothing changes', async () => {
    const { hostId } = await fundHost(test.db, { amountMinor: 1_000n, feeMinor: 1_000n });
    const hold = { id: randomUUID(), hostId, currency: 'USD', giveawayId: null, grossMinor: 600n };
    await holdWallet(test.db, hold, cause);
    const before = await walletOf(test.db, hostId);
    const refused = async (change: object, code: string): Promise<void> => {
      await expect(beginWithdrawal(test.db, withdrawal(hostId, change), cause)).rejects.toMatchObject({ code });
    };
    await refused({ amountMinor: 401n }, 'wallet_insufficient_funds');
    await refused({ amountMinor: 400n }, 'withdrawal_too_small');
    await refused({ currency: 'EUR' }, 'wallet_not_found');
    const other = await fundHost(test.db);
    const small = withdrawal(other.hostId, { amountMinor: 500n, payoutMinimumMinor: 486n });
    await expect(beginWithdrawal(test.db, small, cause)).rejects.toMatchObject({
      code: 'withdrawal_too_small',
      details: { payoutMinimumMinor: '486' },
    });
    await test.db('wallets').where({ host_id: hostId }).update({ payout_account: null });
    await refused({ amountMinor: 100n }, 'payout_account_missing');
    await test.db('wallets').where({ host_id: hostId }).update({ state: 'FROZEN' });
    await refused({ amountMinor: 100n }, 'wallet_frozen');
    expect(await walletOf(test.db, hostId)).toEqual(before);
  });

  it('refuses what was charged too lately', async () => {
    const { hostId } = await fundHost(test.db);
    await test.db('wallets').where({ host_id: hostId }).update({ spendable_after_ms: 60_000 });
    await expect(beginWithdrawal(test.db, withdrawal(hostId), cause)).rejects.toMatchObject({
      code: 'wallet_funds_not_yet_spendable',
    });
    expect(await listWallets(test.db, hostId)).toMatchObject([
      { balanceMinor: 10_000n, availableMinor: 10_000n, waitingMinor: 10_000n, spendableMinor: 0n },
    ]);
  });

  it('gives the money back when the provider definitely refuses', async () => {
    const { hostId, ref } = await begun();
    const refusal = { ...ref, failureCode: 'account_closed', balanceShort: false };
    const failed = await twice(test.db, () => refuseWithdrawal(test.db, refusal, cause));
    expect(failed).toMatchObject({ state: 'FAILED', failureCode: 'account_closed', intent: null });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 10_000n, 300n]);
  });

  it('waits for balance in the pool, and goes on under a new intent, to where the host says by then', async () => {
    const { hostId, ref } = await begun();
    const refusal = { ...ref, failureCode: 'insufficient_funds', balanceShort: true };
    const waiting = await twice(test.db, () => refuseWithdrawal(test.db, refusal, cause));
    expect(waiting).toMatchObject({ state: 'WAITING_FOR_BALANCE', intent: null });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 6_000n, 300n]);
    await test.db('wallets').where({ host_id: hostId }).update({ state: 'FROZEN' });
    expect(await nextWithdrawalStep(test.db, ref, cause)).toMatchObject({ state: 'WAITING_FOR_BALANCE' });
    await test.db('wallets').where({ host_id: hostId }).update({ state: 'ACTIVE' });
    const moved = { hostId, currency: 'USD', payoutAccount: 'acct_new' };
    await twice(test.db, () => setPayoutAccount(test.db, moved, cause));
    const next = await twice(test.db, () => nextWithdrawalStep(test.db, ref, cause));
    expect(next).toMatchObject({ state: 'PAYING', intent: { destinationAccount: 'acct_new' } });
    expect(next.intent?.intentId).not.toBe(ref.intentId);
  });

  it('parks what nobody knows, with a case; another case is refused, and giving back takes two people', async () => {
    const { hostId, ref } = await begun();
    const parked = await twice(test.db, () => parkWithdrawal(test.db, { ...ref, reason: 'timeout' }, cause));
    expect(parked).toMatchObject({ state: 'NEEDS_ATTENTION', caseNumber: 1, intent: null });
    const decision = { ...ref, kind: 'retry' as const, caseNumber: 1, reason: 'asked' };
    await expect(decideWithdrawal(test.db, { ...decision, caseNumber: 2 }, cause)).rejects.toMatchObject({
      code: 'case_changed',
    });
    const again = await twice(test.db, () => decideWithdrawal(test.db, decision, cause));
    expect(again).toMatchObject({ state: 'PAYING', intent: { intentId: ref.intentId } });
    await parkWithdrawal(test.db, { ...ref, reason: 'timeout' }, cause);

    const giveBack = { ...decision, kind: 'give_back' as const, caseNumber: 2 };
    await expect(decideWithdrawal(test.db, giveBack, cause)).rejects.toMatchObject({ code: 'second_person_missing' });
    const subject = { subjectType: 'withdrawal', subjectId: ref.withdrawalId, kind: 'give_back' } as const;
    const ask = (actor: string) =>
      secondDecision(
        test.db,
        { decisionId: randomUUID(), ...subject, caseNumber: 2, reason: 'not in the file' },
        { ...cause, actor },
      );
    expect(await ask('user:a')).toMatchObject({ approved: false });
    expect(await ask('user:a')).toMatchObject({ approved: false });
    expect(await ask('user:b')).toMatchObject({ approved: true });
    expect(await twice(test.db, () => decideWithdrawal(test.db, giveBack, cause))).toMatchObject({ state: 'FAILED' });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 10_000n, 300n]);
  });

  it('takes a payout back that came back, with the fee that it carried', async () => {
    const { hostId, ref } = await begun();
    await expect(returnWithdrawal(test.db, ref, cause)).rejects.toThrow(/cannot come back yet/);
    await completeWithdrawal(test.db, { ...ref, providerId: 'tr', payoutFeeMinor: 25n }, cause);
    const returned = await twice(test.db, () => returnWithdrawal(test.db, ref, cause));
    expect(returned).toMatchObject({ state: 'RETURNED' });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 10_000n, 300n]);
  });

  it('never spends more than there is, however many hold and withdraw at once', async () => {
    const { hostId } = await fundHost(test.db);
    const attempts = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? beginWithdrawal(test.db, withdrawal(hostId, { amountMinor: 700n }), cause)
        : holdWallet(test.db, { id: randomUUID(), hostId, currency: 'USD', giveawayId: null, grossMinor: 700n }, cause),
    );
    const settled = await Promise.allSettled(attempts);
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(14);
    for (const outcome of settled)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'wallet_insufficient_funds' });
    expect(await walletOf(test.db, hostId)).toEqual([10_000n, 200n, 300n]);
  });

  it('lists withdrawals newest first, by state', async () => {
    const { hostId } = await fundHost(test.db);
    const ids: string[] = [];
    for (let number = 0; number < 3; number += 1) {
      const { withdrawalId } = await beginWithdrawal(test.db, withdrawal(hostId, { amountMinor: 1_000n }), cause);
      ids.unshift(withdrawalId);
    }
    const page = await listWithdrawals(test.db, { hostId, limit: 2 });
    expect(page.map(({ withdrawalId }) => withdrawalId)).toEqual(ids);
    const rest = await listWithdrawals(test.db, { hostId, limit: 2, after: ids[1] });
    expect(rest.map(({ withdrawalId }) => withdrawalId)).toEqual(ids.slice(2));
    expect(await listWithdrawals(test.db, { hostId, limit: 2, state: 'FAILED' })).toEqual([]);
  });

  it('leaves a trail, and the invariants', async () => {
    expect(await eventCounts(test.db)).toMatchObject({
      'wallet.withdrawal.succeeded': 2,
      'wallet.withdrawal.returned': 1,
      'wallet.withdrawal.failed': 2,
    });
    const checks = [...(await checkLedger(test.db, 'giveaway')), ...(await checkWallets(test.db))];
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
