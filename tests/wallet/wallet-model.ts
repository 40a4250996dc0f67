import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { creditRelease } from '../../db/wallet/credit-release.ts';
import { disputeFunding, resolveDispute, writeOffDispute } from '../../db/wallet/dispute-funding.ts';
import { holdWallet, postWalletHold, voidWalletHold } from '../../db/wallet/hold-wallet.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  nextWithdrawalStep,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../db/wallet/withdraw-wallet.ts';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { cause } from '../support/cards.ts';
import { either, twoPeople } from '../support/random-lives.ts';
import { fundHost } from '../support/wallets.ts';

const percent = fc.integer({ min: 1, max: 100 });

/** What may happen to a wallet. `part` is a percentage of what there is, at times more than all of it. */
export const action = fc.oneof(
  either(3, ['fund'], percent),
  either(4, ['hold', 'withdraw'], fc.oneof(fc.constant(100), fc.integer({ min: 1, max: 60 }), fc.constant(101))),
  either(4, ['post', 'void', 'release']),
  either(4, ['paid', 'refused', 'pool-short', 'returned']),
  either(2, ['dispute'], percent),
  either(2, ['won', 'lost', 'write-off']),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

/** An amount of the wallet with the part of the funding fee that goes with it. */
interface Part {
  readonly id: string;
  readonly amount: bigint;
  readonly fee: bigint;
}
interface Disputed extends Part {
  readonly owed: bigint;
}

/** A wallet in the database and in the simplest words, side by side. @throws AssertionError where they part. */
export class WalletLife {
  readonly hostId = randomUUID();
  readonly db: Database;
  balance = 0n;
  pending = 0n;
  carried = 0n;
  owed = 0n;
  #carriedPending = 0n;
  readonly #fundings: Part[] = [];
  readonly #held: Part[] = [];
  readonly #posted: Part[] = [];
  readonly #withdrawals: Part[] = [];
  readonly #paidOut: Part[] = [];
  readonly #disputes: Disputed[] = [];
  readonly #lost: Disputed[] = [];

  constructor(db: Database) {
    this.db = db;
  }

  get available(): bigint {
    return this.balance - this.pending;
  }

  async act({ kind, part }: Action): Promise<void> {
    switch (kind) {
      case 'fund':
        return this.#fund(BigInt(part));
      case 'hold':
      case 'withdraw':
        return this.#setAside(
          kind,
          part > 100 || this.available === 0n ? this.available + 1n : (this.available * BigInt(part) + 99n) / 100n,
        );
      case 'post':
      case 'void':
        return this.#endHold(kind);
      case 'release':
        return this.#release();
      case 'paid':
      case 'refused':
      case 'pool-short':
        return this.#answerWithdrawal(kind);
      case 'returned':
        return this.#giveBack();
      case 'dispute':
        return this.#dispute(BigInt(part));
      case 'won':
      case 'lost':
        return this.#resolve(kind === 'won' ? 'WON' : 'LOST');
      case 'write-off':
        return this.#writeOff();
    }
  }

  async #fund(part: bigint): Promise<void> {
    const [amountMinor, feeMinor] = [part * 97n, (part * 97n * (part % 7n)) / 100n];
    const { fundingId } = await fundHost(this.db, { hostId: this.hostId, amountMinor, feeMinor });
    this.#fundings.push({ id: fundingId, amount: amountMinor, fee: feeMinor });
    this.#move(amountMinor, feeMinor);
  }

  #move(amount: bigint, fee: bigint): void {
    this.balance += amount;
    this.carried += fee;
  }

  #suspend({ amount, fee }: Part, sign: 1n | -1n): void {
    this.pending += sign * amount;
    this.#carriedPending += sign * fee;
  }

  async #setAside(kind: 'hold' | 'withdraw', amount: bigint): Promise<void> {
    if (this.#fundings.length === 0) return;
    const [id, { hostId, available }] = [randomUUID(), this];
    const fee = available > 0n ? ((this.carried - this.#carriedPending) * amount) / available : 0n;
    const money = { hostId, currency: 'USD' };
    const done =
      kind === 'hold'
        ? await orCode(holdWallet(this.db, { id, ...money, giveawayId: null, grossMinor: amount }, cause))
        : await orCode(
            beginWithdrawal(
              this.db,
              { withdrawalId: id, ...money, amountMinor: amount, payoutMinimumMinor: 1n },
              cause,
            ),
          );
    if (this.#disputes.length > 0) return assert.equal(done, 'wallet_frozen');
    if (amount > available) return assert.equal(done, 'wallet_insufficient_funds');
    if (kind === 'withdraw' && amount - fee < 1n) return assert.equal(done, 'withdrawal_too_small');
    const granted = requireGranted(done);
    assert.equal(BigInt(granted.feeMinor), fee);
    const part = { id, amount, fee };
    this.#suspend(part, 1n);
    if ('intent' in granted) this.#withdrawals.push(part);
    else this.#held.push(part);
  }

  async #endHold(kind: 'post' | 'void'): Promise<void> {
    const [hold] = this.#held;
    if (!hold) return;
    if (kind === 'void') await voidWalletHold(this.db, hold.id, cause);
    else {
      const done = await orCode(postWalletHold(this.db, hold.id, cause));
      if (this.#disputes.length > 0) return assert.equal(done, 'wallet_frozen');
      requireGranted(done);
      this.#move(-hold.amount, -hold.fee);
      this.#posted.push(hold);
    }
    this.#suspend(hold, -1n);
    this.#held.shift();
  }

  /** The other book gives back what was published, also to a wallet that is frozen. */
  async #release(): Promise<void> {
    const hold = this.#posted.shift();
    if (!hold) return;
    const amounts = { cashMinor: hold.amount - hold.fee, feeMinor: hold.fee };
    const release = { releaseId: randomUUID(), hostId: this.hostId, currency: 'USD', ...amounts };
    await creditRelease(this.db, { ...release, reason: 'test', giveawayId: null }, cause);
    this.#move(hold.amount, hold.fee);
  }

  async #answerWithdrawal(kind: 'paid' | 'refused' | 'pool-short'): Promise<void> {
    const [oldest] = this.#withdrawals;
    if (!oldest) return;
    const ref = { withdrawalId: oldest.id };
    const { intent } = await nextWithdrawalStep(this.db, ref, cause);
    // It waits for balance in the pool, and a frozen wallet sends nothing new.
    if (!intent) return assert(this.#disputes.length > 0, 'a withdrawal waits for nothing');
    const { intentId } = intent;
    if (kind === 'pool-short') {
      await refuseWithdrawal(this.db, { ...ref, intentId, failureCode: 'balance', balanceShort: true }, cause);
      return;
    }
    this.#withdrawals.shift();
    this.#suspend(oldest, -1n);
    if (kind === 'refused') {
      await refuseWithdrawal(this.db, { ...ref, intentId, failureCode: 'closed', balanceShort: false }, cause);
      return;
    }
    await completeWithdrawal(this.db, { ...ref, intentId, providerId: randomUUID(), payoutFeeMinor: 3n }, cause);
    this.#move(-oldest.amount, -oldest.fee);
    this.#paidOut.push(oldest);
  }

  async #giveBack(): Promise<void> {
    const paid = this.#paidOut.shift();
    if (!paid) return;
    await returnWithdrawal(this.db, { withdrawalId: paid.id }, cause);
    this.#move(paid.amount, paid.fee);
  }

  async #dispute(part: bigint): Promise<void> {
    const funding = this.#fundings.length > 1 ? this.#fundings.shift() : undefined;
    if (!funding) return;
    const { available } = this;
    const amount = (funding.amount * part + 99n) / 100n;
    const taken = amount < available ? amount : available;
    const fee = available > 0n ? ((this.carried - this.#carriedPending) * taken) / available : 0n;
    const dispute = await disputeFunding(this.db, { fundingId: funding.id, amountMinor: amount }, cause);
    const owed = amount - taken;
    assert.deepEqual(
      [dispute.takenMinor, dispute.receivableMinor, dispute.lostFeeMinor],
      [taken, owed, fee].map(String),
    );
    this.#move(-taken, -fee);
    this.owed += owed;
    this.#disputes.push({ id: funding.id, amount: taken, fee, owed });
  }

  async #resolve(outcome: 'WON' | 'LOST'): Promise<void> {
    const dispute = this.#disputes.shift();
    if (!dispute) return;
    await resolveDispute(this.db, { disputeId: dispute.id, caseNumber: 1, outcome, reason: 'test' }, cause);
    if (outcome === 'LOST') this.#lost.push(dispute);
    else {
      this.#move(dispute.amount, dispute.fee);
      this.owed -= dispute.owed;
    }
  }

  async #writeOff(): Promise<void> {
    const dispute = this.#lost.shift();
    if (!dispute) return;
    const { id: disputeId, owed } = dispute;
    const subject = { subjectType: 'dispute', subjectId: disputeId, kind: 'write_off', caseNumber: 1 } as const;
    await twoPeople(this.db, subject);
    const done = await orCode(writeOffDispute(this.db, { disputeId, caseNumber: 1, reason: 'test' }, cause));
    if (owed === 0n) return assert.equal(done, 'case_not_open');
    requireGranted(done);
    this.owed -= owed;
  }
}

async function orCode<T>(work: Promise<T>): Promise<T | ErrorCode> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DomainError) return error.code;
    throw error;
  }
}

function requireGranted<T extends object>(done: T | ErrorCode): T {
  if (typeof done === 'string') assert.fail(`refused with ${done}`);
  return done;
}
