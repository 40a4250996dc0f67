import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { freezeHostEscrow, liftHostFreeze } from '../../db/giftcard/freeze-host-escrow.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { account } from '../../db/ledger/account.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { readBalances } from '../../db/ledger/balances.ts';
import { reverseTransfer } from '../../db/ledger/reverse-transfer.ts';
import { decideAdjustment, requestAdjustment } from '../../db/platform/finance-adjustments.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { controlWallet } from '../../db/wallet/control-wallet.ts';
import { disputeFunding, requireWholeDebt, resolveDispute, writeOffDispute } from '../../db/wallet/dispute-funding.ts';
import { beginFunding } from '../../db/wallet/fund-wallet.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import { listWallets } from '../../db/wallet/queries.ts';
import { beginWithdrawal } from '../../db/wallet/withdraw-wallet.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, redemptionOf } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { fundHost, walletOf } from '../support/wallets.ts';

describe('a disputed charge', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  const spend = async (hostId: string, grossMinor: bigint): Promise<string> => {
    const id = randomUUID();
    await holdWallet(test.db, { id, hostId, currency: 'USD', giveawayId: null, grossMinor }, cause);
    return id;
  };
  const owedBy = async (hostId: string): Promise<bigint | undefined> =>
    (await readBalances(test.db, [account('host:receivable', hostId, 'USD')]))[0]?.postedMinor;
  const losses = async (): Promise<bigint> =>
    (await readBalances(test.db, [account('platform:losses', 'platform', 'USD')]))[0]?.postedMinor ?? 0n;
  const stateOf = async (hostId: string) => {
    const [wallet] = await listWallets(test.db, hostId);
    return [wallet?.state, wallet?.frozenReason];
  };
  const resolution = (disputeId: string, outcome: 'WON' | 'LOST') => ({
    disputeId,
    outcome,
    caseNumber: 1,
    reason: 'the bank says so',
  });

  /** Part of a debt is given up by hand. @returns what takes that back. */
  async function giveUp(debtorId: string, amountMinor: bigint) {
    const adjustmentId = randomUUID();
    const kind = { kind: 'receivable_write_off' as const, debtorType: 'host:receivable' as const };
    const adjustment = { adjustmentId, ...kind, debtorId, currency: 'USD', amountMinor, reason: 'settled' };
    await requestAdjustment(test.db, adjustment, { ...cause, actor: 'user:a' });
    const booked = await decideAdjustment(test.db, { adjustmentId, approve: true }, { ...cause, actor: 'user:b' });
    const transferId = booked.transferId ?? '';
    return { reversalId: randomUUID(), transferId, reason: 'not settled', backdated: false };
  }

  it('freezes the wallet, takes what it has, and books the rest as a debt; what is held stays held', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    await postWalletHold(test.db, await spend(hostId, 3_000n), cause);
    const held = await spend(hostId, 2_000n);
    const lostBefore = await losses();
    const input = { fundingId, amountMinor: 10_000n };
    const dispute = await twice(test.db, () => disputeFunding(test.db, input, cause));
    // 5000 available of it carry 150 of the 300 that the provider kept.
    expect(dispute).toMatchObject({
      takenMinor: '5000',
      receivableMinor: '5000',
      lostFeeMinor: '150',
      state: 'OPEN',
      caseNumber: 1,
    });
    expect(await walletOf(test.db, hostId)).toEqual([2_000n, 0n, 60n]);
    expect(await owedBy(hostId)).toBe(5_000n);
    expect((await losses()) - lostBefore).toBe(150n);
    expect(await stateOf(hostId)).toEqual(['FROZEN', 'charge_disputed']);
    await expect(postWalletHold(test.db, held, cause)).rejects.toMatchObject({ code: 'wallet_frozen' });
    await voidWalletHold(test.db, held, cause);
    const withdrawal = { withdrawalId: randomUUID(), hostId, currency: 'USD', amountMinor: 1n, payoutMinimumMinor: 0n };
    await expect(beginWithdrawal(test.db, withdrawal, cause)).rejects.toMatchObject({ code: 'wallet_frozen' });
  });

  it('is won: every booking is taken back, and the wallet may be spent again', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    await postWalletHold(test.db, await spend(hostId, 4_000n), cause);
    const before = [await walletOf(test.db, hostId), await losses()];
    await disputeFunding(test.db, { fundingId, amountMinor: 9_000n }, cause);
    const wrong = { ...resolution(fundingId, 'WON'), caseNumber: 2 };
    await expect(resolveDispute(test.db, wrong, cause)).rejects.toMatchObject({ code: 'case_changed' });
    const won = await twice(test.db, () => resolveDispute(test.db, resolution(fundingId, 'WON'), cause));
    expect(won).toMatchObject({ state: 'WON', resolvedBy: 'system' });
    expect([await walletOf(test.db, hostId), await losses()]).toEqual(before);
    expect(await owedBy(hostId)).toBe(0n);
    expect(await stateOf(hostId)).toEqual(['ACTIVE', null]);
    await expect(resolveDispute(test.db, resolution(fundingId, 'LOST'), cause)).rejects.toMatchObject({
      code: 'case_not_open',
    });
  });

  it('is lost: the debt stays until two people write it off', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    await postWalletHold(test.db, await spend(hostId, 10_000n), cause);
    await disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause);
    const writeOff = { disputeId: fundingId, caseNumber: 1, reason: 'insolvent' };
    await expect(writeOffDispute(test.db, writeOff, cause)).rejects.toMatchObject({ code: 'case_not_open' });
    await twice(test.db, () => resolveDispute(test.db, resolution(fundingId, 'LOST'), cause));
    expect(await owedBy(hostId)).toBe(10_000n);
    await expect(writeOffDispute(test.db, writeOff, cause)).rejects.toMatchObject({ code: 'second_person_missing' });
    const subject = { subjectType: 'dispute', subjectId: fundingId, kind: 'write_off', caseNumber: 1 } as const;
    for (const actor of ['user:a', 'user:b']) {
      // The same request by many at once, as a client repeats it.
      const asked = { decisionId: randomUUID(), ...subject, reason: 'insolvent' };
      await Promise.all(Array.from({ length: 20 }, () => secondDecision(test.db, asked, { ...cause, actor })));
    }
    const before = await losses();
    const done = await twice(test.db, () => writeOffDispute(test.db, writeOff, cause));
    expect(done).toMatchObject({ state: 'WRITTEN_OFF' });
    expect([await owedBy(hostId), (await losses()) - before]).toEqual([0n, 10_000n]);
  });

  it('is lost, and part of the debt is given up by hand and owed again: the rows always say what the ledger says', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    await postWalletHold(test.db, await spend(hostId, 10_000n), cause);
    await disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause);
    await resolveDispute(test.db, resolution(fundingId, 'LOST'), cause);
    const reversal = await giveUp(hostId, 4_000n);
    const broken = async () => (await checkWallets(test.db)).filter((check) => check.broken > 0);
    expect([await owedBy(hostId), await broken()]).toEqual([6_000n, []]);
    const subject = { subjectType: 'dispute', subjectId: fundingId, kind: 'write_off', caseNumber: 1 } as const;
    for (const actor of ['user:a', 'user:b'])
      await secondDecision(test.db, { decisionId: randomUUID(), ...subject, reason: 'insolvent' }, { ...cause, actor });
    const whole = writeOffDispute(test.db, { disputeId: fundingId, caseNumber: 1, reason: 'insolvent' }, cause);
    await expect(whole).rejects.toMatchObject({ code: 'dispute_debt_adjusted', details: { owedMinor: '6000' } });
    await reverseTransfer(test.db, reversal, cause);
    expect([await owedBy(hostId), await broken()]).toEqual([10_000n, []]);
  });

  it('is not won while part of its debt is given up by hand, and is when that is reversed', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    await postWalletHold(test.db, await spend(hostId, 10_000n), cause);
    await disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause);
    const reversal = await giveUp(hostId, 4_000n);
    const refusal = { code: 'dispute_debt_adjusted', details: { receivableMinor: '10000', owedMinor: '6000' } };
    await expect(resolveDispute(test.db, resolution(fundingId, 'WON'), cause)).rejects.toMatchObject(refusal);
    await expect(requireWholeDebt(test.db, fundingId)).rejects.toMatchObject(refusal);
    await reverseTransfer(test.db, reversal, cause);
    await requireWholeDebt(test.db, fundingId);
    await resolveDispute(test.db, resolution(fundingId, 'WON'), cause);
    expect([await owedBy(hostId), await stateOf(hostId)]).toEqual([0n, ['ACTIVE', null]]);
  });

  it('waits for the charge to be booked, and knows none that is not ours', async () => {
    const [fundingId, hostId] = [randomUUID(), randomUUID()];
    await beginFunding(test.db, { fundingId, hostId, currency: 'USD', amountMinor: 100n, source: 'tok' }, cause);
    const dispute = (id: string) => disputeFunding(test.db, { fundingId: id, amountMinor: 100n }, cause);
    await expect(dispute(fundingId)).rejects.toMatchObject({ code: 'funding_not_credited' });
    await expect(dispute(randomUUID())).rejects.toMatchObject({ code: 'funding_not_found' });
  });

  it('keeps the wallet frozen while another charge is disputed, or finance has frozen it', async () => {
    const first = await fundHost(test.db);
    const { hostId } = first;
    const second = await fundHost(test.db, { hostId });
    for (const { fundingId } of [first, second])
      await disputeFunding(test.db, { fundingId, amountMinor: 1_000n }, cause);
    await resolveDispute(test.db, resolution(first.fundingId, 'WON'), cause);
    expect(await stateOf(hostId)).toEqual(['FROZEN', 'charge_disputed']);
    const unfreeze = { hostId, currency: 'USD', state: 'ACTIVE' as const, reason: 'please' };
    await expect(controlWallet(test.db, unfreeze, cause)).rejects.toMatchObject({ code: 'wallet_dispute_open' });
    const freeze = { ...unfreeze, state: 'FROZEN' as const, reason: 'under review' };
    await twice(test.db, () => controlWallet(test.db, freeze, cause));
    await resolveDispute(test.db, resolution(second.fundingId, 'LOST'), cause);
    expect(await stateOf(hostId)).toEqual(['FROZEN', 'under review']);
    expect(await twice(test.db, () => controlWallet(test.db, unfreeze, cause))).toMatchObject({ state: 'ACTIVE' });
  });

  it('lets finance delay what a wallet may spend', async () => {
    const { hostId } = await fundHost(test.db);
    const delay = { hostId, currency: 'USD', spendableAfterMs: 60_000, reason: 'a new host' };
    expect(await twice(test.db, () => controlWallet(test.db, delay, cause))).toMatchObject({
      state: 'ACTIVE',
      spendableAfterMs: 60_000,
    });
    await expect(spend(hostId, 1n)).rejects.toMatchObject({ code: 'wallet_funds_not_yet_spendable' });
    await expect(controlWallet(test.db, { ...delay, hostId: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'wallet_not_found',
    });
  });

  it('races spending: what was spent is owed, and never is more taken than there was', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    const [dispute, spent] = await Promise.all([
      disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause),
      Promise.allSettled(Array.from({ length: 12 }, () => spend(hostId, 900n))),
    ]);
    const refusals = spent.flatMap((one) =>
      one.status === 'rejected' ? [(one.reason as { code?: string }).code] : [],
    );
    expect(refusals.filter((code) => code !== 'wallet_frozen' && code !== 'wallet_insufficient_funds')).toEqual([]);
    const total = 900n * BigInt(spent.length - refusals.length);
    expect(dispute).toMatchObject({ receivableMinor: total.toString(), takenMinor: (10_000n - total).toString() });
  });

  it('keeps the invariants', async () => {
    const checks = [...(await checkLedger(test.db, 'giveaway')), ...(await checkWallets(test.db))];
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});

describe('the escrow of a host whose charge is disputed', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  const freezeOf = (hostId: string) => ({ freezeId: randomUUID(), hostId, currency: 'USD', reason: 'charge_disputed' });
  const assign = (cardId: string) =>
    assignGiftCard(
      test.db,
      {
        cardId,
        awardId: randomUUID(),
        assigneeId: randomUUID(),
        code: { hash: Buffer.from(randomUUID()), sealed: Buffer.alloc(60) },
      },
      cause,
    );

  it('gives no card away until every dispute is resolved; delivered cards are honoured', async () => {
    const [shop, hostId] = [await openCardShop(test.db), randomUUID()];
    const delivered = await issueCard(test.db, shop, { hostId });
    const waiting = await issueCard(test.db, shop, { hostId, assign: false, faceMinor: 700n });
    const [first, second] = [freezeOf(hostId), freezeOf(hostId)];
    const frozen = await twice(test.db, () => freezeHostEscrow(test.db, first, cause));
    expect(frozen).toMatchObject({ cards: 1, amountMinor: '700' });
    await freezeHostEscrow(test.db, second, cause);
    // Also what comes into escrow later.
    const late = await issueCard(test.db, shop, { hostId, assign: false });
    for (const cardId of [waiting, late]) await expect(assign(cardId)).rejects.toMatchObject({ code: 'card_frozen' });
    await redeemGiftCard(test.db, redemptionOf(delivered, shop), cause);
    await twice(test.db, () => liftHostFreeze(test.db, first, cause));
    await expect(assign(waiting)).rejects.toMatchObject({ code: 'card_frozen' });
    await liftHostFreeze(test.db, second, cause);
    await assign(waiting);
  });

  it('is not frozen by a message that comes after its end', async () => {
    const [shop, hostId] = [await openCardShop(test.db), randomUUID()];
    const cardId = await issueCard(test.db, shop, { hostId, assign: false });
    const freeze = freezeOf(hostId);
    await twice(test.db, () => liftHostFreeze(test.db, freeze, cause));
    await freezeHostEscrow(test.db, freeze, cause);
    await assign(cardId);
  });
});
