import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { authoriseGiftCard, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { writeOffPayout } from '../../db/giftcard/decide-settlement.ts';
import {
  completeLeg,
  markIntentUnknown,
  nextStep,
  parkSettlement,
  refuseLeg,
  type SettlementStep,
} from '../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  completePullBack,
  honourRefund,
  refusePullBack,
  requestRefund,
  type RefundStep,
} from '../../db/giftcard/refund-redemption.ts';
import { releaseEscrow, releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { postEscrow, reserveEscrow, voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { reversePayout } from '../../db/giftcard/reverse-payout.ts';
import { formBatch } from '../../db/giftcard/settle-batch.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { decideAdjustment, requestAdjustment } from '../../db/platform/finance-adjustments.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { cause, issueCard, openCardShop, payoutRules, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { bookedBy } from '../support/postings.ts';

describe('the postings of the giftcard book', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  /** A shop of the test's own, so that nothing else is due to it. */
  const open = async (payoutSchedule: 'instant' | 'daily' = 'instant'): Promise<void> => {
    shop = await openCardShop(test.db, { payoutSchedule });
  };
  const booked = (names: Record<string, string>, command: () => Promise<unknown>) =>
    bookedBy(test.db, { [shop.merchantId]: 'shop', ...names }, command);
  const redeem = (cardId: string, change: object = {}) =>
    redeemGiftCard(test.db, redemptionOf(cardId, shop, change), cause);
  const later = { payout: { settle: 'later' as const } };
  const pay = (step: SettlementStep) => {
    const { settlementId, intent } = step;
    const paid = { settlementId, intentId: intent?.intentId ?? '', providerId: randomUUID(), payoutFeeMinor: 25n };
    return completeLeg(test.db, { ...paid, ...payoutRules }, cause);
  };
  const batch = (): Promise<SettlementStep | null> => {
    const due = { merchantId: shop.merchantId, currency: 'USD', window: randomUUID(), part: 0, workflowId: 'test' };
    return formBatch(test.db, { ...due, ...payoutRules }, cause);
  };
  const twoPeople = async (subjectType: 'settlement' | 'refund', subjectId: string, kind: 'write_off' | 'honour') => {
    for (const actor of ['user:a', 'user:b']) {
      const decision = { decisionId: randomUUID(), subjectType, subjectId, caseNumber: 1, kind, reason: 'fair' };
      await secondDecision(test.db, decision, { ...cause, actor });
    }
  };
  /** A card whose 10000 were redeemed and paid out, and nothing else is due. */
  async function paidCard(): Promise<{ cardId: string; redemptionId: string }> {
    await open('daily');
    const cardId = await issueCard(test.db, shop);
    const { redemptionId } = await redeem(cardId, later);
    for (let step = await batch(); step?.intent;) step = await pay(step);
    return { cardId, redemptionId };
  }

  it('publish: G − F from clearing and F from the fees as pending, posted and split over the cards, or voided', async () => {
    await open();
    const [first, second, posted, undone] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
    const names = { [first]: 'first', [second]: 'second', [posted]: 'publish', [undone]: 'publish' };
    const card = { merchantId: shop.merchantId, catalogueItemId: shop.itemId };
    const cards = [
      { ...card, cardId: first, faceMinor: 9_999n },
      { ...card, cardId: second, faceMinor: 5_002n },
    ];
    const amounts = { currency: 'USD', grossMinor: 15_001n, fundingFeeMinor: 450n };
    const reserve = (reservationId: string) =>
      reserveEscrow(test.db, { reservationId, giveawayId: null, hostId: randomUUID(), ...amounts, cards }, cause);
    const pending = ['P clearing:giveaway → escrow publish 14551', 'P fees:funding publish → escrow publish 450'];
    expect(await booked(names, () => reserve(undone))).toEqual(pending);
    expect(await booked(names, () => voidEscrow(test.db, undone, cause))).toEqual(
      pending.map((line) => line.replace('P', 'void')),
    );
    // The cards of the first attempt are its own: the second one has others.
    for (const one of cards) {
      const id = randomUUID();
      Object.assign(names, { [id]: one.cardId === first ? 'first' : 'second' });
      one.cardId = id;
    }
    expect(await booked(names, () => reserve(posted))).toEqual(pending);
    expect(await booked(names, () => postEscrow(test.db, posted, cause))).toEqual([
      ...pending.map((line) => line.replace('P', 'post')),
      '● escrow publish → escrow first 9999',
      '● escrow publish → escrow second 5002',
      '● fees:funding first → fees:funding publish 300',
      '● fees:funding second → fees:funding publish 150',
    ]);
    // Undone before it came: only a mark, and the late one is refused.
    const late = randomUUID();
    expect(await booked(names, () => voidEscrow(test.db, late, cause))).toEqual(['tombstone none → none 0']);
    const tooLate = async () => {
      await expect(reserve(late)).rejects.toMatchObject({ code: 'escrow_reservation_voided' });
    };
    expect(await booked(names, tooLate)).toEqual([]);
  });

  it('release: R − φ to clearing, in one transfer, and φ to the fees; of a card in use, what its fee has left', async () => {
    await open('daily');
    const [hostId, releaseId] = [randomUUID(), randomUUID()];
    const unassigned = await issueCard(test.db, shop, { hostId, assign: false });
    const release = { releaseId, hostId, currency: 'USD', giveawayId: null, reason: 'unassigned' as const };
    const names = { [unassigned]: 'card', [releaseId]: 'release' };
    const all = () => releaseEscrow(test.db, { ...release, cardIds: [unassigned] }, cause);
    expect(await booked(names, all)).toEqual([
      '● escrow card → escrow release 9750',
      '● escrow card → fees:funding card 250',
      '● escrow release → clearing:giveaway 9750',
    ]);
    const used = await issueCard(test.db, shop);
    await redeem(used, { ...later, amountMinor: 3_333n });
    await test.db('gift_cards').where({ id: used }).update({ expires_at: new Date(), next_deadline: new Date() });
    const entries = await booked({ [used]: 'card' }, () => releaseExpired(test.db, { limit: 10 }, cause));
    // Its release has an id of its own, which nobody here knows.
    expect(entries.map((line) => line.replace(/escrow [0-9a-f-]{36}/, 'escrow release')).toSorted()).toEqual([
      '● escrow card → escrow release 6500',
      '● escrow card → fees:funding card 167',
      '● escrow release → clearing:giveaway 6500',
    ]);
  });

  it('redeem: what is authorised is held in full; confirmed, the hold is voided and the shares are posted', async () => {
    await open('daily');
    const cardId = await issueCard(test.db, shop);
    const names = { [cardId]: 'card' };
    const hold = { cardId, merchantId: shop.merchantId, amountMinor: 3_333n, currency: null, ttlMs: 60_000 };
    const [confirmed, voided] = [randomUUID(), randomUUID()];
    const held = 'escrow card → merchant:payable shop 3333';
    for (const authorisationId of [confirmed, voided])
      expect(await booked(names, () => authoriseGiftCard(test.db, { ...hold, authorisationId }, cause))).toEqual([
        `P ${held}`,
      ]);
    const given = { authorisationId: voided, merchantId: shop.merchantId };
    expect(await booked(names, () => voidAuthorisation(test.db, given, cause))).toEqual([`void ${held}`]);
    expect(await booked(names, () => redeem(cardId, { ...later, authorisationId: confirmed }))).toEqual([
      `void ${held}`,
      '● escrow card → fees:funding card 83',
      '● escrow card → merchant:payable shop 3088',
      '● escrow card → platform:fees 162',
    ]);
    // The next part books the difference, not its own shares.
    expect(await booked(names, () => redeem(cardId, { ...later, amountMinor: 3_333n }))).toEqual([
      '● escrow card → fees:funding card 83',
      '● escrow card → merchant:payable shop 3087',
      '● escrow card → platform:fees 163',
    ]);
  });

  it('settle instant: the merchant’s leg with the redemption, then ours; post, void, or stay while nobody knows', async () => {
    await open();
    const cardId = await issueCard(test.db, shop);
    let step: SettlementStep | null = null;
    const merchant = 'merchant:payable shop → provider:clearing 9262';
    const platform = 'platform:fees → provider:clearing 488';
    const first = await booked({}, async () => ({ step } = await redeem(cardId)));
    expect(first).toContain(`P ${merchant}`);
    const { settlementId, intent } = step as unknown as SettlementStep;
    expect(await booked({}, () => markIntentUnknown(test.db, intent?.intentId ?? ''))).toEqual([]);
    const refusal = { settlementId, intentId: intent?.intentId ?? '', failureCode: 'limit_exceeded' };
    expect(await booked({}, () => refuseLeg(test.db, refusal, cause))).toEqual([`void ${merchant}`]);
    const next = () => nextStep(test.db, { settlementId, ...payoutRules }, cause);
    expect(await booked({}, next)).toEqual([`P ${merchant}`]);
    let paid = await next();
    expect(await booked({}, async () => (paid = await pay(paid)))).toEqual([
      `P ${platform}`,
      `post ${merchant}`,
      '● provider:costs → provider:clearing 25',
    ]);
    expect(await booked({}, async () => (paid = await pay(paid)))).toEqual([
      `post ${platform}`,
      '● provider:costs → provider:clearing 25',
    ]);
    expect(paid.state).toBe('SETTLED');
  });

  it('settle batch: the same with the sums', async () => {
    await open('daily');
    for (let count = 0; count < 3; count += 1) await redeem(await issueCard(test.db, shop), later);
    let step: SettlementStep | null = null;
    expect(await booked({}, async () => (step = await batch()))).toEqual([
      'P merchant:payable shop → provider:clearing 27786',
    ]);
    const platform = await booked({}, async () => (step = await pay(step as unknown as SettlementStep)));
    expect(platform).toContain('P platform:fees → provider:clearing 1464');
    await pay(step as unknown as SettlementStep);
  });

  it('refund before payout: the difference of the shares back into escrow', async () => {
    await open('daily');
    const cardId = await issueCard(test.db, shop);
    const { redemptionId } = await redeem(cardId, { ...later, amountMinor: 3_333n });
    await redeem(cardId, { ...later, amountMinor: 3_333n });
    const input = { refundId: randomUUID(), redemptionId, amountMinor: null, reason: 'returned' };
    expect(await booked({ [cardId]: 'card' }, () => requestRefund(test.db, input, cause))).toEqual([
      '● fees:funding card → escrow card 83',
      '● merchant:payable shop → escrow card 3087',
      '● platform:fees → escrow card 163',
    ]);
  });

  it('refund after payout: the merchant’s part pulled back first, then as before payout', async () => {
    const { cardId, redemptionId } = await paidCard();
    const input = { refundId: randomUUID(), redemptionId, amountMinor: null, reason: 'returned' };
    const names = { [cardId]: 'card' };
    const pullBack = 'provider:clearing → merchant:payable shop 9262';
    let asked: RefundStep | undefined;
    expect(await booked(names, async () => (asked = await requestRefund(test.db, input, cause)))).toEqual([
      `P ${pullBack}`,
    ]);
    const done = { refundId: input.refundId, intentId: asked?.intent?.intentId ?? '', providerId: 'tr' };
    const complete = () => completePullBack(test.db, { ...done, providerFeeMinor: 25n }, cause);
    expect(await booked(names, complete)).toEqual([
      `post ${pullBack}`,
      '● fees:funding card → escrow card 250',
      '● merchant:payable shop → escrow card 9262',
      '● platform:fees → escrow card 488',
      '● provider:costs → provider:clearing 25',
    ]);
    expect(await test.db('card_escrows').where({ refund_id: input.refundId })).toMatchObject([
      { origin: 'refund', state: 'RESERVED', amount_minor: 10_000n },
    ]);
  });

  it('refund after payout, netted where enough is due: nothing is pulled back', async () => {
    const { cardId, redemptionId } = await paidCard();
    await redeem(await issueCard(test.db, shop), later);
    const input = { refundId: randomUUID(), redemptionId, amountMinor: null, reason: 'returned' };
    expect(await booked({ [cardId]: 'card' }, () => requestRefund(test.db, input, cause))).toEqual([
      '● fees:funding card → escrow card 250',
      '● merchant:payable shop → escrow card 9262',
      '● platform:fees → escrow card 488',
    ]);
  });

  it('refund after payout that was refused and is honoured: the merchant owes it; given up, it is our loss', async () => {
    const { cardId, redemptionId } = await paidCard();
    const refundId = randomUUID();
    const { intent } = await requestRefund(
      test.db,
      { refundId, redemptionId, amountMinor: null, reason: 'returned' },
      cause,
    );
    const refusal = { refundId, intentId: intent?.intentId ?? '', failureCode: 'insufficient_funds' };
    expect(await booked({}, () => refusePullBack(test.db, refusal, cause))).toEqual([
      'void provider:clearing → merchant:payable shop 9262',
    ]);
    await twoPeople('refund', refundId, 'honour');
    const honour = () => honourRefund(test.db, { refundId, caseNumber: 1 }, cause);
    expect(await booked({ [cardId]: 'card' }, honour)).toEqual([
      '● fees:funding card → escrow card 250',
      '● merchant:payable shop → escrow card 9262',
      '● merchant:receivable shop → merchant:payable shop 9262',
      '● platform:fees → escrow card 488',
    ]);
    const giveUp = async () => {
      const debtor = { debtorType: 'merchant:receivable' as const, debtorId: shop.merchantId };
      const debt = { adjustmentId: randomUUID(), kind: 'receivable_write_off' as const, currency: 'USD', ...debtor };
      await requestAdjustment(
        test.db,
        { ...debt, amountMinor: 9_262n, reason: 'bankrupt' },
        { ...cause, actor: 'user:a' },
      );
      await decideAdjustment(test.db, { ...debt, approve: true }, { ...cause, actor: 'user:b' });
    };
    expect(await booked({}, giveUp)).toEqual(['● platform:losses → merchant:receivable shop 9262']);
  });

  it('late reversal: the merchant’s part is payable again, by a transfer that names the first; the escrow stays', async () => {
    await open();
    const cardId = await issueCard(test.db, shop);
    const { step } = await redeem(cardId);
    if (!step) throw new Error('A settlement of its own is missing');
    await pay(await pay(step));
    const back = { intentId: step.intent?.intentId ?? '', workflowId: 'test' };
    expect(await booked({}, () => reversePayout(test.db, back, cause))).toEqual([
      '● provider:clearing → merchant:payable shop 9262 (reversal)',
    ]);
    expect(await test.db('settlement_intents').where({ id: back.intentId })).toMatchObject([{ state: 'REVERSED' }]);
    expect(await test.db('card_escrows').where({ card_id: cardId })).toMatchObject([{ state: 'SETTLED' }]);
  });

  it('write-off: a payout that is given up is still owed, as unclaimed', async () => {
    await open();
    const { step } = await redeem(await issueCard(test.db, shop));
    const { settlementId } = step as SettlementStep;
    const intentId = step?.intent?.intentId ?? '';
    await refuseLeg(test.db, { settlementId, intentId, failureCode: 'account_closed' }, cause);
    await parkSettlement(test.db, { settlementId, reason: 'account_closed' }, cause);
    await twoPeople('settlement', settlementId, 'write_off');
    const decision = { settlementId, caseNumber: 1, reason: 'gone' };
    expect(await booked({}, () => writeOffPayout(test.db, decision, cause))).toEqual([
      '● merchant:payable shop → unclaimed shop 9262',
    ]);
  });

  it('keeps the invariants', async () => {
    const checks = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(checks.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
