import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkLedger } from '../../db/ledger/audit.ts';
import { requestAdjustment, decideAdjustment } from '../../db/platform/finance-adjustments.ts';
import { checkWallets } from '../../db/wallet/audit.ts';
import { creditRelease } from '../../db/wallet/credit-release.ts';
import { disputeFunding, resolveDispute } from '../../db/wallet/dispute-funding.ts';
import { beginFunding, completeFunding, failFunding } from '../../db/wallet/fund-wallet.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../db/wallet/withdraw-wallet.ts';
import { cause } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bookedBy } from '../support/postings.ts';
import { fundHost } from '../support/wallets.ts';

describe('the postings of the giveaway book', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  const booked = (hostId: string, command: () => Promise<unknown>) => bookedBy(test.db, { [hostId]: 'host' }, command);
  const begin = (hostId: string, fundingId: string) =>
    beginFunding(test.db, { fundingId, hostId, currency: 'USD', amountMinor: 10_000n, source: 'tok' }, cause);
  const hold = (hostId: string, id: string, grossMinor: bigint) =>
    holdWallet(test.db, { id, hostId, currency: 'USD', giveawayId: null, grossMinor }, cause);

  it('fund: the amount as pending, posted with the fee beside it when that is known, or voided', async () => {
    const [hostId, paid, refused] = [randomUUID(), randomUUID(), randomUUID()];
    const intent = ['P provider:clearing → host:wallet host 10000'];
    expect(await booked(hostId, () => begin(hostId, paid))).toEqual(intent);
    const success = { fundingId: paid, providerId: 'ch', feeMinor: 300n };
    expect(await booked(hostId, () => completeFunding(test.db, success, cause))).toEqual([
      'post provider:clearing → host:wallet host 10000',
      '● fees:funding host → provider:clearing 300',
    ]);
    expect(await booked(hostId, () => begin(hostId, refused))).toEqual(intent);
    const failure = { fundingId: refused, failureCode: 'card_declined' };
    expect(await booked(hostId, () => failFunding(test.db, failure, cause))).toEqual([
      'void provider:clearing → host:wallet host 10000',
    ]);
  });

  it('publish: G − F and F held, then posted, or voided; a hold that the wallet is too short for leaves no row', async () => {
    const { hostId } = await fundHost(test.db);
    const [posted, undone, short] = [randomUUID(), randomUUID(), randomUUID()];
    expect(await booked(hostId, () => hold(hostId, posted, 4_000n))).toEqual([
      'P host:wallet host → clearing:giftcard 3880',
      'P host:wallet host → fees:funding host 120',
    ]);
    expect(await booked(hostId, () => postWalletHold(test.db, posted, cause))).toEqual([
      'post host:wallet host → clearing:giftcard 3880',
      'post host:wallet host → fees:funding host 120',
    ]);
    await hold(hostId, undone, 6_000n);
    expect(await booked(hostId, () => voidWalletHold(test.db, undone, cause))).toEqual([
      'void host:wallet host → clearing:giftcard 5820',
      'void host:wallet host → fees:funding host 180',
    ]);
    const tooMuch = async () => {
      await expect(hold(hostId, short, 6_001n)).rejects.toMatchObject({ code: 'wallet_insufficient_funds' });
    };
    expect(await booked(hostId, tooMuch)).toEqual([]);
    expect(await test.db('wallet_holds').where({ id: short })).toEqual([]);
    expect(await test.db('domain_events').where({ aggregate_id: short })).toEqual([]);
  });

  it('release: R − φ from clearing and φ from the fees are the wallet’s again', async () => {
    const hostId = randomUUID();
    const release = { releaseId: randomUUID(), hostId, currency: 'USD', cashMinor: 9_750n, feeMinor: 250n };
    const credit = () => creditRelease(test.db, { ...release, reason: 'expired', giveawayId: null }, cause);
    // The giftcard book has posted its side first; here there is only ours.
    await fundHost(test.db, { hostId });
    const id = randomUUID();
    await hold(hostId, id, 10_000n);
    await postWalletHold(test.db, id, cause);
    expect(await booked(hostId, credit)).toEqual([
      '● clearing:giftcard → host:wallet host 9750',
      '● fees:funding host → host:wallet host 250',
    ]);
  });

  it('chargeback: w from the wallet, the rest owed, the fee of what was taken lost; won, all of it reversed', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    const id = randomUUID();
    await hold(hostId, id, 5_000n);
    await postWalletHold(test.db, id, cause);
    const dispute = () => disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause);
    expect(await booked(hostId, dispute)).toEqual([
      '● host:receivable host → provider:clearing 5000',
      '● host:wallet host → provider:clearing 5000',
      '● platform:losses → fees:funding host 150',
    ]);
    const won = { disputeId: fundingId, outcome: 'WON' as const, caseNumber: 1, reason: 'the bank says so' };
    expect(await booked(hostId, () => resolveDispute(test.db, won, cause))).toEqual([
      '● fees:funding host → platform:losses 150 (reversal)',
      '● provider:clearing → host:receivable host 5000 (reversal)',
      '● provider:clearing → host:wallet host 5000 (reversal)',
    ]);
  });

  it('withdraw: x − φ and φ held, posted with the payout’s own fee as our cost, voided, or reversed', async () => {
    const { hostId } = await fundHost(test.db);
    const account = { hostId, currency: 'USD', amountMinor: 4_000n, payoutMinimumMinor: 0n };
    const ref = { withdrawalId: randomUUID(), intentId: '' };
    const ask = (withdrawalId: string) => async () => {
      const { intent } = await beginWithdrawal(test.db, { ...account, withdrawalId }, cause);
      ref.intentId = intent?.intentId ?? '';
    };
    expect(await booked(hostId, ask(ref.withdrawalId))).toEqual([
      'P host:wallet host → fees:funding host 120',
      'P host:wallet host → provider:clearing 3880',
    ]);
    const paid = { ...ref, providerId: 'tr', payoutFeeMinor: 25n };
    expect(await booked(hostId, () => completeWithdrawal(test.db, paid, cause))).toEqual([
      'post host:wallet host → fees:funding host 120',
      'post host:wallet host → provider:clearing 3880',
      '● provider:costs → provider:clearing 25',
    ]);
    expect(await booked(hostId, () => returnWithdrawal(test.db, paid, cause))).toEqual([
      '● fees:funding host → host:wallet host 120 (reversal)',
      '● provider:clearing → host:wallet host 3880 (reversal)',
    ]);
    const withdrawalId = randomUUID();
    await ask(withdrawalId)();
    const refusal = { withdrawalId, intentId: ref.intentId, failureCode: 'account_closed', balanceShort: false };
    expect(await booked(hostId, () => refuseWithdrawal(test.db, refusal, cause))).toEqual([
      'void host:wallet host → fees:funding host 120',
      'void host:wallet host → provider:clearing 3880',
    ]);
  });

  it('write-off: a host’s debt, and what the provider does not have, are our losses', async () => {
    const { hostId, fundingId } = await fundHost(test.db);
    const id = randomUUID();
    await hold(hostId, id, 10_000n);
    await postWalletHold(test.db, id, cause);
    await disputeFunding(test.db, { fundingId, amountMinor: 10_000n }, cause);
    await resolveDispute(test.db, { disputeId: fundingId, outcome: 'LOST', caseNumber: 1, reason: 'lost' }, cause);
    const adjust = (change: object) => async () => {
      const common = {
        adjustmentId: randomUUID(),
        currency: 'USD',
        reason: 'insolvent',
        debtorType: null,
        debtorId: null,
      };
      const asked = { ...common, kind: 'reconciliation_loss' as const, amountMinor: 70n, ...change };
      await requestAdjustment(test.db, asked, { ...cause, actor: 'user:a' });
      await decideAdjustment(
        test.db,
        { adjustmentId: asked.adjustmentId, approve: true },
        { ...cause, actor: 'user:b' },
      );
    };
    const debt = { kind: 'receivable_write_off', debtorType: 'host:receivable', debtorId: hostId, amountMinor: 4_000n };
    expect(await booked(hostId, adjust(debt))).toEqual(['● platform:losses → host:receivable host 4000']);
    expect(await booked(hostId, adjust({}))).toEqual(['● platform:losses → provider:clearing 70']);
  });

  it('keeps the invariants', async () => {
    const checks = [...(await checkLedger(test.db, 'giveaway')), ...(await checkWallets(test.db))];
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
