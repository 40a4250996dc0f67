import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import type { Database } from '../../db/connect.ts';
import { authoriseGiftCard, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { completeLeg, nextStep, refuseLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { completePullBack, requestRefund, type RequestRefund } from '../../db/giftcard/refund-redemption.ts';
import { completeRelease, openReleases, releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { formBatch } from '../../db/giftcard/settle-batch.ts';
import { foldAccounts } from '../../db/ledger/fold-accounts.ts';
import { DomainError } from '../../domain/errors.ts';
import { cause, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';

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
  readonly holds: { readonly id: string; readonly amount: bigint }[];
}

export const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('redeem' as const), part: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('refund' as const), part: fc.integer({ min: 1, max: 120 }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const), part: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('confirm' as const, 'void' as const), part: fc.constant(100) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const), part: fc.integer({ min: 0, max: 2 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('expire' as const, 'sweep' as const, 'fold' as const),
      part: fc.constant(0),
    }),
  },
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

/** Pays, refusing the first `refusals` intents. */
async function payOut(db: Database, step: SettlementStep | null, refusals: number): Promise<void> {
  for (let next = step, left = refusals; next?.intent;) {
    const ref = { settlementId: next.settlementId, intentId: next.intent.intentId };
    if (left > 0) {
      left -= 1;
      await refuseLeg(db, { ...ref, failureCode: 'account_closed' }, cause);
      next = await nextStep(db, { settlementId: ref.settlementId, ...payoutRules }, cause);
    } else
      next = await completeLeg(db, { ...ref, providerId: randomUUID(), payoutFeeMinor: 5n, ...payoutRules }, cause);
  }
}

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
    const amount = (model.face * BigInt(part)) / 100n;
    switch (kind) {
      case 'redeem':
        return this.redeem(amount);
      case 'refund':
        return this.refund(amount);
      case 'hold':
        return this.hold(amount);
      case 'confirm':
      case 'void':
        return this.endHold(kind);
      case 'settle':
        return this.settle(part);
      case 'expire':
        await this.db('gift_cards')
          .where({ id: model.cardId })
          .update({ expires_at: new Date(0), next_deadline: new Date(0) });
        model.expired = true;
        return;
      case 'sweep':
        return this.sweep();
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

  async refund(amount: bigint): Promise<void> {
    const { model } = this;
    const redemption = model.redemptions.find(({ left }) => left > 0n);
    if (!redemption) return;
    const input = { refundId: randomUUID(), redemptionId: redemption.id, amountMinor: amount, reason: 'test' };
    // With a settlement of its own under way the refund would wait: pay it first.
    for (const step of this.open.splice(0)) await payOut(this.db, step, 0);
    const refusal = await code(this.#refundNow(input));
    assert.equal(refusal === undefined, amount > 0n && amount <= redemption.left);
    if (refusal !== undefined) return;
    redemption.left -= amount;
    model.refunded += amount;
    model.remaining += amount;
    model.outliving += amount;
  }

  async #refundNow(input: RequestRefund): Promise<void> {
    const { refundId, intent } = await requestRefund(this.db, input, cause);
    if (!intent) return;
    const done = { refundId, intentId: intent.intentId, providerId: randomUUID(), providerFeeMinor: 5n };
    await completePullBack(this.db, done, cause);
  }

  async hold(amount: bigint): Promise<void> {
    const { model, shop, spendable } = this;
    const id = randomUUID();
    const input = { authorisationId: id, cardId: model.cardId, merchantId: shop.merchantId, amountMinor: amount };
    const refusal = await code(authoriseGiftCard(this.db, { ...input, currency: null, ttlMs: 60_000 }, cause));
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
    for (const step of this.open.splice(0)) await payOut(this.db, step, refusals);
    const batch = {
      merchantId: this.shop.merchantId,
      currency: this.terms.currency,
      window: randomUUID(),
      part: 0,
      workflowId: 'test',
    };
    await payOut(this.db, await formBatch(this.db, { ...batch, ...payoutRules }, cause), refusals);
  }

  async sweep(): Promise<void> {
    const { model } = this;
    await releaseExpired(this.db, { limit: 500 }, cause);
    for (const releaseId of await openReleases(this.db, 500)) await completeRelease(this.db, { releaseId }, cause);
    if (!model.expired || model.held > 0n) return;
    model.released += model.remaining - model.outliving;
    model.remaining = model.outliving;
  }
}
