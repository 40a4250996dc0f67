import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { controlWallet } from '../../../db/wallet/control-wallet.ts';
import { creditRelease } from '../../../db/wallet/credit-release.ts';
import { disputeFunding, resolveDispute } from '../../../db/wallet/dispute-funding.ts';
import { beginFunding, completeFunding, failFunding, parkFunding } from '../../../db/wallet/fund-wallet.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../../db/wallet/hold-wallet.ts';
import { setPayoutAccount } from '../../../db/wallet/payout-account.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  decideWithdrawal,
  nextWithdrawalStep,
  parkWithdrawal,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../../db/wallet/withdraw-wallet.ts';
import { cause } from '../../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readsBeyondKeys, type Step } from './reads-of-commands.ts';

const LIVES = 120;

describe('what wallet commands read', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('stays what their keys lead to while the tables grow, whatever they were when it was planned', async () => {
    const live = async (step: Step): Promise<void> => {
      const hostId = randomUUID();
      await fund(step, hostId);
      await spend(step, hostId);
      await withdraw(step, hostId);
      await dispute(step, hostId);
    };
    expect(await readsBeyondKeys(test.url, { lives: LIVES, live })).toEqual([]);
  });
});

async function fund(step: Step, hostId: string): Promise<string> {
  const begin = async () => {
    const fundingId = randomUUID();
    const input = { fundingId, hostId, currency: 'USD', amountMinor: 10_000n, source: 'tok' };
    await step('begin_funding', (db) => beginFunding(db, input, cause));
    return fundingId;
  };
  const [fundingId, failed] = [await begin(), await begin()];
  await step('park_funding', (db) => parkFunding(db, { fundingId, reason: 'timeout' }, cause));
  const paid = { fundingId, providerId: randomUUID(), feeMinor: 300n };
  await step('complete_funding', (db) => completeFunding(db, paid, cause));
  await step('fail_funding', (db) => failFunding(db, { fundingId: failed, failureCode: 'declined' }, cause));
  return fundingId;
}

async function spend(step: Step, hostId: string): Promise<void> {
  const hold = () => ({ id: randomUUID(), hostId, currency: 'USD', giveawayId: null, grossMinor: 1_000n });
  const [posted, voided] = [hold(), hold()];
  for (const input of [posted, voided]) await step('hold_wallet', (db) => holdWallet(db, input, cause));
  await step('post_wallet_hold', (db) => postWalletHold(db, posted.id, cause));
  await step('void_wallet_hold', (db) => voidWalletHold(db, voided.id, cause));
  const back = { releaseId: randomUUID(), hostId, currency: 'USD', giveawayId: null, cashMinor: 970n, feeMinor: 30n };
  await step('credit_release', (db) => creditRelease(db, { ...back, reason: 'unassigned' }, cause));
  const control = { hostId, currency: 'USD', state: 'FROZEN' as const, reason: 'to be looked at' };
  await step('control_wallet', (db) => controlWallet(db, control, cause));
  await step('control_wallet', (db) => controlWallet(db, { ...control, state: 'ACTIVE' }, cause));
}

async function withdraw(step: Step, hostId: string): Promise<void> {
  const account = { hostId, currency: 'USD', payoutAccount: 'acct' };
  await step('set_payout_account', (db) => setPayoutAccount(db, account, cause));
  const begin = async () => {
    const input = { withdrawalId: randomUUID(), hostId, currency: 'USD', amountMinor: 1_000n, payoutMinimumMinor: 0n };
    const { intent, withdrawalId } = await step('begin_withdrawal', (db) => beginWithdrawal(db, input, cause));
    return { withdrawalId, intentId: intent?.intentId ?? '' };
  };
  const first = await begin();
  await step('park_withdrawal', (db) => parkWithdrawal(db, { ...first, reason: 'timeout' }, cause));
  const retry = { ...first, kind: 'retry' as const, caseNumber: 1, reason: 'asked' };
  await step('decide_withdrawal', (db) => decideWithdrawal(db, retry, cause));
  const paid = { providerId: 'tr', payoutFeeMinor: 25n };
  await step('complete_withdrawal', (db) => completeWithdrawal(db, { ...first, ...paid }, cause));
  await step('return_withdrawal', (db) => returnWithdrawal(db, first, cause));
  const second = await begin();
  const short = { ...second, failureCode: 'insufficient_funds', balanceShort: true };
  await step('refuse_withdrawal', (db) => refuseWithdrawal(db, short, cause));
  await step('next_withdrawal_step', (db) => nextWithdrawalStep(db, second, cause));
}

async function dispute(step: Step, hostId: string): Promise<void> {
  const fundingId = await fund(step, hostId);
  const opened = await step('dispute_funding', (db) => disputeFunding(db, { fundingId, amountMinor: 5_000n }, cause));
  const { disputeId, caseNumber } = opened;
  const won = { disputeId, caseNumber, outcome: 'WON' as const, reason: 'the payer withdrew' };
  await step('resolve_dispute', (db) => resolveDispute(db, won, cause));
}
