import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { authoriseGiftCard, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { completeLeg, nextStep, refuseLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  completePullBack,
  continueRefund,
  honourRefund,
  refusePullBack,
  requestRefund,
  type RefundStep,
} from '../../db/giftcard/refund-redemption.ts';
import { completeRelease, openReleases, releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { resumeSettlement, writeOffPayout } from '../../db/giftcard/decide-settlement.ts';
import { reversePayout } from '../../db/giftcard/reverse-payout.ts';
import { formBatch } from '../../db/giftcard/settle-batch.ts';
import { foldAccounts } from '../../db/ledger/fold-accounts.ts';
import { DomainError } from '../../domain/errors.ts';
import { cause, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { either, twoPeople } from '../support/random-lives.ts';

interface Waiting {
  readonly refundId: string;
  readonly amount: bigint;
  /** None while a settlement is under way. */
  readonly intentId: string | undefined;
}

/** What a card is worth, in the simplest words: no ledger, no locks, no rows. */
export interface Model {
  readonly cardId: string;
  readonly face: bigint;
  readonly fee: bigint;
  remaining: bigint;
  held: bigint;
  redeemed: bigint;
  refunded: bigint;
  released: bigint;
  expired: boolean;
  /** Value from refunds outlives the card's own expiry. */
  outliving: bigint;
  readonly redemptions: { readonly id: string; left: bigint }[];
  /** Refunds that the merchant's part is missing for. */
  readonly waiting: Waiting[];
  readonly holds: { readonly id: string; readonly amount: bigint }[];
}

/** Of what there is: a part, all of it, or more. */
const percent = fc.oneof(
  { weight: 7, arbitrary: fc.integer({ min: 5, max: 50 }) },
  { weight: 2, arbitrary: fc.constant(100) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 120 }) },
);

/** What may happen to a card, or to its merchant's payouts and refunds. */
export const action = fc.oneof(
  either(12, ['redeem', 'refund'], percent),
  either(1, ['hold'], percent),
  either(1, ['confirm', 'void']),
  either(3, ['settle'], fc.integer({ min: 0, max: 2 })),
  either(4, ['take-back', 'refuse-back', 'honour']),
  either(2, ['come-back']),
  either(2, ['retry-payout', 'write-off']),
  either(1, ['expire', 'sweep', 'fold']),
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

const code = async (work: Promise<unknown>): Promise<string | undefined> =>
  work.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof DomainError) return error.code;
      throw error;
    },
  );

export interface CardTerms {
  /** Each redemption is paid by itself, not by a batch. */
  readonly instant: boolean;
  readonly currency: string;
}

/** A card's life in the database and in the model, side by side. @throws AssertionError where they part. */
export class CardLife {
  readonly db: Database;
  readonly model: Model;
  readonly shop: CardShop;
  readonly terms: CardTerms;
  /** Settlements that are to be paid. */
  readonly open: SettlementStep[] = [];
  /** Intents that were paid, and may come back. */
  readonly #paid: string[] = [];
  /** Settlements of which a payout came back. */
  readonly #parked = new Map<string, number>();

  constructor(db: Database, model: Model, shop: CardShop, terms: CardTerms) {
    this.db = db;
    this.model = model;
    this.shop = shop;
    this.terms = terms;
  }

  get spendable(): bigint {
    const { expired, outliving, remaining, held } = this.model;
    return (expired ? outliving : remaining) - held;
  }

  async act({ kind, part }: Action): Promise<void> {
    const { model } = this;
    const of = (whole: bigint): bigint => (whole * BigInt(part)) / 100n;
    switch (kind) {
      case 'redeem':
        return this.redeem(of(this.spendable));
      case 'refund':
        return this.refund(of);
      case 'hold':
        return this.hold(of(model.face));
      case 'confirm':
      case 'void':
        return this.endHold(kind);
      case 'settle':
        return this.settle(part);
      case 'take-back':
      case 'refuse-back':
      case 'honour':
        return this.endPullBack(kind);
      case 'come-back':
        return this.comeBack();
      case 'retry-payout':
      case 'write-off':
        return this.decide(kind);
      case 'expire':
        await this.db('gift_cards')
          .where({ id: model.cardId })
          .update({ expires_at: new Date(0), next_deadline: new Date(0) });
        model.expired = true;
        return;
      case 'sweep':
        await this.sweep();
        return;
      case 'fold':
        await foldAccounts(this.db, () => {});
    }
  }

  async redeem(amount: bigint): Promise<void> {
    const { model, shop, spendable } = this;
    const payout = this.terms.instant ? {} : { payout: { settle: 'later' as const } };
    const input = redemptionOf(model.cardId, shop, { amountMinor: amount, ...payout });
    const before = spendable;
    const refusal = await code(
      redeemGiftCard(this.db, input, cause).then(({ step }) => (step ? this.open.push(step) : 0)),
    );
    assert.equal(refusal === undefined, amount > 0n && amount <= before);
    if (refusal !== undefined) return;
    this.spend(input.redemptionId, amount);
  }

  spend(id: string, amount: bigint): void {
    const { model } = this;
    // What ends first is spent first: the card's own value, then what came from refunds.
    const own = model.remaining - model.outliving;
    model.outliving -= !model.expired && amount <= own ? 0n : model.expired ? amount : amount - own;
    model.remaining -= amount;
    model.redeemed += amount;
    model.redemptions.push({ id, left: amount });
  }

  async refund(of: (whole: bigint) => bigint): Promise<void> {
    const { model } = this;
    const redemption = model.redemptions.find(({ left }) => left > 0n);
    if (!redemption) return;
    const amount = of(redemption.left);
    const input = { refundId: randomUUID(), redemptionId: redemption.id, amountMinor: amount, reason: 'test' };
    // With a settlement of its own under way the refund would wait: pay it first.
    for (const step of this.open.splice(0)) await this.#payOut(step, 0);
    let step: RefundStep | undefined;
    const refusal = await code(requestRefund(this.db, input, cause).then((asked) => (step = asked)));
    assert.equal(refusal === undefined, amount > 0n && amount <= redemption.left);
    if (!step) return;
    redemption.left -= amount;
    this.#follow(step, amount);
  }

  /** What became of a refund: the value is on the card, or the merchant's part is asked for. */
  #follow({ refundId, state, intent }: RefundStep, amount: bigint): void {
    const { model } = this;
    if (state === 'COMPLETED') {
      model.refunded += amount;
      model.remaining += amount;
      model.outliving += amount;
    } else {
      assert.equal(intent === null, state === 'WAITING_FOR_SETTLEMENT', `a refund is ${state} and asks for nothing`);
      model.waiting.push({ refundId, intentId: intent?.intentId, amount });
    }
  }

  /** The provider answers for the oldest, in one way or the other. */
  async endPullBack(kind: 'take-back' | 'refuse-back' | 'honour'): Promise<void> {
    const oldest = this.model.waiting.shift();
    if (!oldest) return;
    const { amount, refundId, intentId } = oldest;
    if (intentId === undefined) {
      this.#follow(await continueRefund(this.db, { refundId }, cause), amount);
      return;
    }
    const ids = { refundId, intentId };
    if (kind === 'take-back') {
      const done = { ...ids, providerId: randomUUID(), providerFeeMinor: 5n };
      this.#follow(await completePullBack(this.db, done, cause), amount);
      return;
    }
    const { caseNumber } = await refusePullBack(this.db, { ...ids, failureCode: 'insufficient_funds' }, cause);
    if (kind === 'refuse-back') {
      this.#follow(await continueRefund(this.db, ids, cause), amount);
      return;
    }
    await twoPeople(this.db, { subjectType: 'refund', subjectId: refundId, caseNumber, kind: 'honour' });
    this.#follow(await honourRefund(this.db, { refundId: ids.refundId, caseNumber }, cause), amount);
  }

  async hold(amount: bigint): Promise<void> {
    const { model, shop, spendable } = this;
    const id = randomUUID();
    const input = { authorisationId: id, cardId: model.cardId, merchantId: shop.merchantId, amountMinor: amount };
    const refusal = await code(authoriseGiftCard(this.db, { ...input, currency: null, ttlMs: 3_600_000 }, cause));
    assert.equal(refusal === undefined, amount > 0n && amount <= spendable);
    if (refusal !== undefined) return;
    model.held += amount;
    model.holds.push({ id, amount });
  }

  async endHold(kind: 'confirm' | 'void'): Promise<void> {
    const { model, shop } = this;
    const held = model.holds.shift();
    if (!held) return;
    model.held -= held.amount;
    if (kind === 'void') {
      await voidAuthorisation(this.db, { authorisationId: held.id, merchantId: shop.merchantId }, cause);
      return;
    }
    const input = redemptionOf(model.cardId, shop, { authorisationId: held.id, payout: { settle: 'later' } });
    await redeemGiftCard(this.db, input, cause);
    const own = model.remaining - model.outliving;
    model.outliving -= held.amount <= own ? 0n : held.amount - own;
    model.remaining -= held.amount;
    model.redeemed += held.amount;
    model.redemptions.push({ id: input.redemptionId, left: held.amount });
  }

  async settle(refusals: number): Promise<void> {
    for (const step of this.open.splice(0)) await this.#payOut(step, refusals);
    const batch = {
      merchantId: this.shop.merchantId,
      currency: this.terms.currency,
      window: randomUUID(),
      part: 0,
      workflowId: 'test',
    };
    await this.#payOut(await formBatch(this.db, { ...batch, ...payoutRules }, cause), refusals);
  }

  /** Pays, refusing the first `refusals` intents. */
  async #payOut(step: SettlementStep | null, refusals: number): Promise<void> {
    for (let next = step, left = refusals; next?.intent;) {
      const { settlementId, intent } = next;
      const ref = { settlementId, intentId: intent.intentId };
      if (left > 0) {
        left -= 1;
        await refuseLeg(this.db, { ...ref, failureCode: 'account_closed' }, cause);
        next = await nextStep(this.db, { settlementId, ...payoutRules }, cause);
      } else {
        const paid = { ...ref, providerId: randomUUID(), payoutFeeMinor: 5n };
        next = await completeLeg(this.db, { ...paid, ...payoutRules }, cause);
        this.#paid.push(ref.intentId);
      }
    }
  }

  /** The oldest payout comes back, and its settlement waits for a person. */
  async comeBack(): Promise<void> {
    const intentId = this.#paid.shift();
    if (intentId === undefined) return;
    const parked = await reversePayout(this.db, { intentId, workflowId: 'test' }, cause);
    assert.equal(parked.state, 'NEEDS_ATTENTION');
    this.#parked.set(parked.settlementId, parked.caseNumber);
  }

  async decide(kind: 'retry-payout' | 'write-off'): Promise<void> {
    const [parked] = this.#parked;
    if (!parked) return;
    const [settlementId, caseNumber] = parked;
    const decision = { settlementId, caseNumber, reason: 'test' };
    if (kind === 'write-off') {
      await twoPeople(this.db, { subjectType: 'settlement', subjectId: settlementId, caseNumber, kind: 'write_off' });
      const refusal = await code(writeOffPayout(this.db, decision, cause));
      // The leg that came back was ours.
      if (refusal !== undefined) return assert.equal(refusal, 'settlement_intent_open');
    } else await resumeSettlement(this.db, decision, cause);
    this.#parked.delete(settlementId);
    await this.#payOut(await nextStep(this.db, { settlementId, ...payoutRules }, cause), 0);
  }

  /** Expired value of every card goes back: see `swept`. */
  async sweep(): Promise<void> {
    await releaseExpired(this.db, { limit: 500 }, cause);
    for (const releaseId of await openReleases(this.db, 500)) await completeRelease(this.db, { releaseId }, cause);
  }

  /** What a sweep does to this card. */
  swept(): void {
    const { model } = this;
    if (!model.expired || model.held > 0n) return;
    model.released += model.remaining - model.outliving;
    model.remaining = model.outliving;
  }
}
