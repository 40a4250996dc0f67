import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { cardHistory } from '../../db/giftcard/card-history.ts';
import { completeLeg, type SettlementStep } from '../../db/giftcard/pay-settlement.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  completePullBack,
  continueRefund,
  honourRefund,
  parkRefund,
  refusePullBack,
  requestRefund,
  type RefundStep,
} from '../../db/giftcard/refund-redemption.ts';
import { reversePullBack } from '../../db/giftcard/reverse-pull-back.ts';
import { releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { caseHistory } from '../../db/parked-cases.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { formBatch } from '../../db/giftcard/settle-batch.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { cardAfter } from '../../domain/card-history.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('refunding a redemption', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  const redeemLater = (shop: CardShop, cardId: string, amountMinor: bigint) =>
    redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor, payout: { settle: 'later' } }), cause);
  const refund = (redemptionId: string, amountMinor: bigint | null = null) => ({
    refundId: randomUUID(),
    redemptionId,
    amountMinor,
    reason: 'returned',
  });
  async function settle(shop: CardShop): Promise<void> {
    const batch = { merchantId: shop.merchantId, currency: 'USD', window: randomUUID(), part: 0, workflowId: 'test' };
    let step: SettlementStep | null = await formBatch(test.db, { ...batch, ...payoutRules }, cause);
    while (step?.intent) {
      const paid = { settlementId: step.settlementId, intentId: step.intent.intentId, providerId: randomUUID() };
      step = await completeLeg(test.db, { ...paid, payoutFeeMinor: 0n, ...payoutRules }, cause);
    }
  }
  const pulledBack = ({ refundId, intent }: RefundStep) =>
    completePullBack(
      test.db,
      { refundId, intentId: intent?.intentId ?? '', providerId: randomUUID(), providerFeeMinor: 0n },
      cause,
    );
  /** A merchant that was paid a redemption of 10000, with nothing else due. */
  async function paidRedemption() {
    const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
    const cardId = await issueCard(test.db, shop);
    const { redemptionId } = await redeemLater(shop, cardId, 10_000n);
    await settle(shop);
    return { shop, cardId, redemptionId };
  }

  it('books the difference of the shares, not the part’s own, so that totals never drift', async () => {
    const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
    const cardId = await issueCard(test.db, shop);
    const first = await redeemLater(shop, cardId, 3_333n);
    await redeemLater(shop, cardId, 3_333n);
    const input = refund(first.redemptionId);
    const booked = await twice(test.db, () => requestRefund(test.db, input, cause));
    const difference = { feeMinor: '83', serviceMinor: '163', merchantMinor: '3087' };
    expect(booked).toMatchObject({ state: 'COMPLETED', way: 'before_payout', ...difference });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 6_667n, refunded_minor: 3_333n });
    const formed = await formBatch(
      test.db,
      { merchantId: shop.merchantId, currency: 'USD', window: 'w', part: 0, workflowId: 'test', ...payoutRules },
      cause,
    );
    // (83,162,3088) of the first part is what is left to pay.
    expect(formed?.intent).toMatchObject({ leg: 'merchant', amountMinor: '3088' });
    expect(cardAfter(await cardHistory(test.db, cardId))).toMatchObject({
      refundedMinor: 3_333n,
      remainingMinor: 6_667n,
    });
  });

  it('refuses more than is left of the redemption, also while another refund is open', async () => {
    const { redemptionId } = await paidRedemption();
    await expect(requestRefund(test.db, refund(redemptionId, 10_001n), cause)).rejects.toMatchObject({
      code: 'refund_exceeds_redemption',
    });
    expect(await requestRefund(test.db, refund(redemptionId, 6_000n), cause)).toMatchObject({ state: 'PULLING_BACK' });
    await expect(requestRefund(test.db, refund(redemptionId, 4_001n), cause)).rejects.toMatchObject({
      details: { refundableMinor: '4000' },
    });
  });

  it('waits for the settlement that is under way', async () => {
    const shop = await openCardShop(test.db);
    const cardId = await issueCard(test.db, shop);
    const { redemptionId, step } = await redeemGiftCard(test.db, redemptionOf(cardId, shop), cause);
    const input = refund(redemptionId, 1_000n);
    const waiting = await twice(test.db, () => requestRefund(test.db, input, cause));
    expect(waiting.state).toBe('WAITING_FOR_SETTLEMENT');
    for (let next = step; next?.intent;) {
      const paid = { settlementId: next.settlementId, intentId: next.intent.intentId, providerId: randomUUID() };
      next = await completeLeg(test.db, { ...paid, payoutFeeMinor: 0n, ...payoutRules }, cause);
    }
    expect(await continueRefund(test.db, input, cause)).toMatchObject({ state: 'PULLING_BACK' });
  });

  it('is netted with what is due to the merchant', async () => {
    const { shop, redemptionId, cardId } = await paidRedemption();
    await redeemLater(shop, await issueCard(test.db, shop), 10_000n);
    const input = refund(redemptionId, 4_000n);
    const netted = await twice(test.db, () => requestRefund(test.db, input, cause));
    expect(netted).toMatchObject({ state: 'COMPLETED', way: 'netted' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 4_000n });
  });

  it('is not honoured while the provider may still take it back', async () => {
    const { redemptionId, cardId } = await paidRedemption();
    const input = refund(redemptionId);
    await requestRefund(test.db, input, cause);
    const parked = await parkRefund(test.db, { ...input, reason: 'timeout' }, cause);
    const honour = { refundId: input.refundId, caseNumber: parked.caseNumber };
    await expect(honourRefund(test.db, honour, cause)).rejects.toMatchObject({ code: 'refund_pull_back_open' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 0n });
  });

  it('has the provider take back what was paid, and credits the card only then', async () => {
    const { redemptionId, cardId } = await paidRedemption();
    const input = refund(redemptionId);
    const { intent } = await twice(test.db, () => requestRefund(test.db, input, cause));
    expect(intent?.amountMinor).toBe('9262');
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 0n });
    const done = {
      refundId: input.refundId,
      intentId: intent?.intentId ?? '',
      providerId: 'tr',
      providerFeeMinor: 25n,
    };
    const completed = await twice(test.db, () => completePullBack(test.db, done, cause));
    expect(completed).toMatchObject({
      way: 'pulled_back',
      merchantMinor: '9262',
      serviceMinor: '488',
      feeMinor: '250',
    });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });
  });

  it('is as if it had never been when the pull-back comes back at once, but for what the provider charged', async () => {
    const { shop, redemptionId, cardId } = await paidRedemption();
    const input = refund(redemptionId);
    const { intent } = await requestRefund(test.db, input, cause);
    const back = { intentId: intent?.intentId ?? '', providerId: 'tr', providerFeeMinor: 25n };
    const costs = async () =>
      (await test.db('ledger_balances').where({ type: 'provider:costs' }).first('debits_posted'))?.debits_posted ?? 0n;
    const before = await costs();
    const waiting = await twice(test.db, () => reversePullBack(test.db, back, cause));
    expect(waiting).toMatchObject({ state: 'WAITING_FOR_MERCHANT', caseNumber: 1, failureCode: 'reversed' });
    expect((await costs()) - before).toBe(25n);
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 0n });
    // A booking that comes late finds it reversed.
    const late = { refundId: input.refundId, ...back };
    expect(await completePullBack(test.db, late, cause)).toMatchObject({ state: 'WAITING_FOR_MERCHANT' });
    const decision = { refundId: input.refundId, caseNumber: 1, decisionReason: 'they have money now' };
    await expect(continueRefund(test.db, { ...decision, caseNumber: 2 }, cause)).rejects.toMatchObject({
      code: 'case_changed',
    });
    const again = await twice(test.db, () => continueRefund(test.db, decision, { ...cause, actor: 'user:one' }));
    expect(again.intent?.intentId).not.toBe(intent?.intentId);
    const retried = (await caseHistory(test.db, 'refund', input.refundId)).filter(({ actor }) => actor === 'user:one');
    expect(retried[0]).toMatchObject({
      type: 'giftcard.refund.retried',
      caseNumber: 1,
      reason: 'they have money now',
    });
    expect(retried.filter(({ type }) => type === 'giftcard.refund.retried')).toHaveLength(1);
    const done = { ...late, intentId: again.intent?.intentId ?? '' };
    await completePullBack(test.db, done, cause);
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });

    // And now that one comes back as well: the card keeps its value, and the merchant owes it.
    const lost = { ...back, intentId: done.intentId };
    const stands = await twice(test.db, () => reversePullBack(test.db, lost, cause));
    expect(stands).toMatchObject({ state: 'COMPLETED', way: 'pulled_back' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });
    const owed = test.db('ledger_balances').where({ type: 'merchant:receivable', owner_id: shop.merchantId });
    expect(await owed.first('debits_posted')).toEqual({ debits_posted: 9_262n });
    await expect(reversePullBack(test.db, { ...back, intentId: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'refund_not_found',
    });
  });

  it('waits for the merchant when the provider cannot, until two people honour it', async () => {
    const { shop, redemptionId, cardId } = await paidRedemption();
    const input = refund(redemptionId);
    const { refundId } = input;
    const { intent } = await requestRefund(test.db, input, cause);
    const refused = { refundId, intentId: intent?.intentId ?? '', failureCode: 'insufficient_funds' };
    const waiting = await twice(test.db, () => refusePullBack(test.db, refused, cause));
    expect(waiting).toMatchObject({ state: 'WAITING_FOR_MERCHANT', caseNumber: 1, failureCode: 'insufficient_funds' });
    const honour = () => honourRefund(test.db, { refundId, caseNumber: 1 }, cause);
    await expect(honour()).rejects.toMatchObject({ code: 'second_person_missing' });
    const ask = (actor: string) =>
      secondDecision(
        test.db,
        {
          decisionId: randomUUID(),
          subjectType: 'refund',
          subjectId: refundId,
          caseNumber: 1,
          kind: 'honour',
          reason: 'fair',
        },
        { actor, requestId: 'test' },
      );
    expect((await ask('user:one')).approved).toBe(false);
    expect((await ask('user:one')).approved).toBe(false);
    expect(await ask('user:two')).toEqual({ approved: true, requestedBy: 'user:one', approvedBy: 'user:two' });
    expect(await twice(test.db, honour)).toMatchObject({ state: 'COMPLETED', way: 'honoured' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });
    const receivable = await test
      .db('ledger_balances')
      .where({ type: 'merchant:receivable', owner_id: shop.merchantId });
    expect(receivable).toMatchObject([{ debits_posted: 9_262n }]);
  });

  it('makes a new escrow with a deadline of its own, which is spent, or released in its time', async () => {
    const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
    const cardId = await issueCard(test.db, shop);
    const { redemptionId } = await redeemLater(shop, cardId, 4_000n);
    const past = new Date(Date.now() - 1_000);
    await test.db('gift_cards').where({ id: cardId }).update({ expires_at: past, next_deadline: past });
    expect(await releaseExpired(test.db, { limit: 10 }, cause)).toEqual({ cards: 1 });
    await requestRefund(test.db, refund(redemptionId), cause);
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 4_000n, released_minor: 6_000n });
    expect(await releaseExpired(test.db, { limit: 10 }, cause)).toEqual({ cards: 0 });
    expect(await redeemLater(shop, cardId, 1_500n)).toMatchObject({ remainingMinor: '2500' });
    await test.db('card_escrows').where({ card_id: cardId, state: 'RESERVED' }).update({ deadline: past });
    await test.db('gift_cards').where({ id: cardId }).update({ next_deadline: past });
    expect(await releaseExpired(test.db, { limit: 10 }, cause)).toEqual({ cards: 1 });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 0n, released_minor: 8_500n });
  });

  it('has as its deadline the later of the card’s expiry and thirty days', async () => {
    const DAY_MS = 86_400_000;
    const deadlineAfter = async (days: number): Promise<number> => {
      const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
      const cardId = await issueCard(test.db, shop);
      const { redemptionId } = await redeemLater(shop, cardId, 4_000n);
      const expiry = new Date(Date.now() + days * DAY_MS);
      await test.db('gift_cards').where({ id: cardId }).update({ expires_at: expiry, next_deadline: expiry });
      const input = refund(redemptionId);
      await requestRefund(test.db, input, cause);
      const escrow = await test.db('card_escrows').where({ refund_id: input.refundId }).first('deadline');
      return (escrow.deadline.getTime() - Date.now()) / DAY_MS;
    };
    expect(await deadlineAfter(60)).toBeCloseTo(60, 2);
    expect(await deadlineAfter(5)).toBeCloseTo(30, 2);
  });

  it('is pulled back though it was not paid out, where other refunds were netted with what was due', async () => {
    const { shop, redemptionId } = await paidRedemption();
    const cardId = await issueCard(test.db, shop);
    const unpaid = await redeemLater(shop, cardId, 10_000n);
    expect(await requestRefund(test.db, refund(redemptionId), cause)).toMatchObject({ way: 'netted' });
    const input = refund(unpaid.redemptionId);
    const asked = await twice(test.db, () => requestRefund(test.db, input, cause));
    expect(asked).toMatchObject({ state: 'PULLING_BACK', intent: { amountMinor: '9262' } });
    expect(await pulledBack(asked)).toMatchObject({ state: 'COMPLETED', way: 'pulled_back' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });
    // Nothing is left to pay: the two lines and the two refunds make up for each other.
    await settle(shop);
    const payouts = test.db('settlement_intents').join('settlements as s', 's.id', 'settlement_id');
    expect(await payouts.where({ leg: 'merchant', merchant_id: shop.merchantId })).toHaveLength(1);
  });

  it('is booked though the shares of two pull-backs from one card are a unit too little together', async () => {
    const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
    const cardId = await issueCard(test.db, shop);
    const parts = [await redeemLater(shop, cardId, 3_333n), await redeemLater(shop, cardId, 3_330n)];
    await settle(shop);
    const asked = [];
    for (const { redemptionId } of parts) asked.push(await requestRefund(test.db, refund(redemptionId), cause));
    const back = asked.reduce((sum, { intent }) => sum + BigInt(intent?.amountMinor ?? 0), 0n);
    expect(asked.map(({ state }) => state)).toEqual(['PULLING_BACK', 'PULLING_BACK']);
    for (const one of asked) expect(await pulledBack(one)).toMatchObject({ state: 'COMPLETED', way: 'pulled_back' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n });
    const losses = test.db('ledger_transfers').where({ code: 'refund.pull-back.rounding' });
    const lost = await losses
      .whereIn(
        'reference_id',
        asked.map(({ refundId }) => refundId),
      )
      .sum('amount_minor as minor');
    const paid = await test.db('settlements').where({ merchant_id: shop.merchantId }).first('merchant_minor');
    expect({ lost: BigInt(lost[0]?.['minor'] ?? 0), back }).toEqual({ lost: 1n, back: paid.merchant_minor - 1n });
  });

  it('counts on nothing that another refund takes at the same moment', async () => {
    for (let round = 0; round < 20; round += 1) {
      const { shop, redemptionId } = await paidRedemption();
      const more = await redeemLater(shop, await issueCard(test.db, shop), 10_000n);
      await settle(shop);
      await redeemLater(shop, await issueCard(test.db, shop), 10_000n);
      // There is enough for one of them.
      const refunds = [redemptionId, more.redemptionId].map((id) => requestRefund(test.db, refund(id), cause));
      const states = (await Promise.all(refunds)).map(({ state }) => state).toSorted();
      expect(states).toEqual(['COMPLETED', 'PULLING_BACK']);
    }
  });

  it('races batches that are being formed, and all end with the same money', async () => {
    for (let round = 0; round < 5; round += 1) {
      const shop = await openCardShop(test.db, { payoutSchedule: 'daily' });
      const cards = await Promise.all(Array.from({ length: 10 }, () => issueCard(test.db, shop)));
      const redeemed = await Promise.all(cards.map((cardId) => redeemLater(shop, cardId, 10_000n)));
      const part = round === 0 ? null : 1_000n * BigInt(round);
      await Promise.all([
        settle(shop),
        settle(shop),
        ...redeemed.map(({ redemptionId }) => requestRefund(test.db, refund(redemptionId, part), cause)),
      ]);
    }
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
