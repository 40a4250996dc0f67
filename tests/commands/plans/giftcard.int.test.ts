import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignGiftCard } from '../../../db/giftcard/assign-gift-card.ts';
import { assignGiftCards } from '../../../db/giftcard/assign-gift-cards.ts';
import {
  authoriseGiftCard,
  expireAuthorisations,
  voidAuthorisation,
} from '../../../db/giftcard/authorise-gift-card.ts';
import { cardHistory } from '../../../db/giftcard/card-history.ts';
import type { Database, Db } from '../../../db/connect.ts';
import { resumeSettlement } from '../../../db/giftcard/decide-settlement.ts';
import { findAtTill } from '../../../db/giftcard/find-at-till.ts';
import { freezeGiftCard, unfreezeGiftCard } from '../../../db/giftcard/freeze-gift-card.ts';
import {
  completeCardOrder,
  insertOrderCards,
  openOrderCards,
  placeCardOrder,
  reserveCardOrder,
} from '../../../db/giftcard/issue-gift-cards.ts';
import {
  completeLeg,
  nextStep,
  parkSettlement,
  refuseLeg,
  type SettlementStep,
} from '../../../db/giftcard/pay-settlement.ts';
import { redeemGiftCard } from '../../../db/giftcard/redeem-gift-card.ts';
import { completePullBack, requestRefund } from '../../../db/giftcard/refund-redemption.ts';
import { completeRelease, releaseEscrow, releaseExpired } from '../../../db/giftcard/release-escrow.ts';
import { postEscrow, reserveEscrow, voidEscrow } from '../../../db/giftcard/reserve-escrow.ts';
import { findSettlementIntent, reversePayout } from '../../../db/giftcard/reverse-payout.ts';
import { formBatch, settleEscrows } from '../../../db/giftcard/settle-batch.ts';
import { cause, openCardShop, payoutRules, redemptionOf, type CardShop } from '../../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../../support/database.ts';
import { readsBeyondKeys, type Step } from './reads-of-commands.ts';

const LIVES = 120;
const code = () => ({ hash: randomBytes(32), sealed: randomBytes(60) });

/** A card in escrow, by every step that reserves one. */
async function reserve(step: Step, shop: CardShop, hostId: string): Promise<string> {
  const [cardId, reservationId] = [randomUUID(), randomUUID()];
  const card = { cardId, merchantId: shop.merchantId, catalogueItemId: shop.itemId, faceMinor: 10_000n };
  const amounts = { grossMinor: 10_000n, fundingFeeMinor: 250n };
  const input = { reservationId, giveawayId: null, hostId, currency: 'USD', ...amounts, cards: [card] };
  await step('reserve_escrow', (db) => reserveEscrow(db, input, cause));
  await step('post_escrow', (db) => postEscrow(db as Database, reservationId, cause));
  return cardId;
}

async function pay(step: Step, first: SettlementStep | null): Promise<string> {
  let next = first;
  while (next?.intent) {
    const { settlementId, intent } = next;
    const paid = { settlementId, intentId: intent.intentId, providerId: randomUUID(), payoutFeeMinor: 25n };
    next = await step('complete_leg', (db) => completeLeg(db, { ...paid, ...payoutRules }, cause));
  }
  return next?.settlementId ?? '';
}

describe('what giftcard commands read', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
  });
  afterAll(() => test.drop());

  it('stays what their keys lead to while the tables grow, whatever they were when it was planned', async () => {
    const shops = {
      instant: await openCardShop(test.db),
      daily: await openCardShop(test.db, { payoutSchedule: 'daily' }),
    };
    const hostId = randomUUID();
    expect(
      await readsBeyondKeys(test.url, {
        lives: LIVES,
        live: async (step) => {
          const issue = async (shop: CardShop) => {
            const cardId = await reserve(step, shop, hostId);
            const input = { cardId, awardId: randomUUID(), assigneeId: randomUUID(), code: code() };
            await step('assign_gift_card', (db) => assignGiftCard(db, input, cause));
            return cardId;
          };
          await instant(step, shops.instant, await issue(shops.instant));
          await daily(step, shops.daily, await issue(shops.daily));
          await release(step, shops.daily, hostId, issue);
          await order(step, shops.daily, hostId);
        },
      }),
    ).toEqual([]);
  });
});

/** Held, redeemed, refused, parked, decided, paid, come back, paid again; and taken back by the provider. */
async function instant(step: Step, shop: CardShop, cardId: string): Promise<void> {
  const hold = () => ({ authorisationId: randomUUID(), cardId, merchantId: shop.merchantId, amountMinor: 500n });
  const [voided, kept] = [hold(), hold()];
  for (const input of [voided, kept])
    await step('authorise_gift_card', (db) =>
      authoriseGiftCard(db, { ...input, currency: null, ttlMs: 900_000 }, cause),
    );
  await step('void_authorisation', (db) => voidAuthorisation(db, voided, cause));
  await step('expire_authorisations', (db) => expireAuthorisations(db, { limit: 100 }, cause));
  await step('freeze_gift_card', (db) => freezeGiftCard(db, { cardId, reason: 'lost' }, cause));
  await step('unfreeze_gift_card', (db) => unfreezeGiftCard(db, { cardId, reason: 'found' }, cause));
  const { authorisationId } = kept;
  const part = redemptionOf(cardId, shop, { amountMinor: 400n, payout: { settle: 'later' } });
  await step('redeem_gift_card (confirm)', (db) => redeemGiftCard(db, { ...part, authorisationId }, cause));
  const input = redemptionOf(cardId, shop, { amountMinor: 5_000n });
  const redeemed = await step('redeem_gift_card (instant)', (db) => redeemGiftCard(db, input, cause));
  const settlementId = redeemed.step?.settlementId ?? '';
  const intentId = redeemed.step?.intent?.intentId ?? '';
  await step('refuse_leg', (db) => refuseLeg(db, { settlementId, intentId, failureCode: 'account_closed' }, cause));
  const parked = await step('park_settlement', (db) => parkSettlement(db, { settlementId, reason: 'x' }, cause));
  const { caseNumber } = parked;
  await step('resume_settlement', (db) => resumeSettlement(db, { settlementId, caseNumber, reason: 'mended' }, cause));
  const next = await step('settle_step', (db) => nextStep(db, { settlementId, ...payoutRules }, cause));
  await step('find_settlement_intent', (db) => findSettlementIntent(db, next.intent?.intentId ?? ''));
  await pay(step, next);
  const refund = { refundId: randomUUID(), redemptionId: input.redemptionId, amountMinor: 1_000n, reason: 'returned' };
  const { intent } = await step('request_refund (pull back)', (db) => requestRefund(db, refund, cause));
  const taken = { intentId: intent?.intentId ?? '', providerId: randomUUID(), providerFeeMinor: 1n };
  if (intent)
    await step('complete_pull_back', (db) => completePullBack(db, { refundId: refund.refundId, ...taken }, cause));
  const back = { intentId: next.intent?.intentId ?? '', workflowId: 'reversal' };
  await step('reverse_payout', (db) => reversePayout(db, back, cause));
  await step('card_history', (db) => cardHistory(db, cardId));
  await batch(step, shop);
}

async function batch(step: Step, { merchantId }: CardShop): Promise<void> {
  const window = { currency: 'USD', window: randomUUID(), part: 0, workflowId: 'test', ...payoutRules };
  const form = (db: Db) => formBatch(db as Database, { merchantId, ...window }, cause);
  const settlementId = await pay(step, await step('form_batch', form));
  await step('settle_escrows', (db) => settleEscrows(db, settlementId, () => {}));
}

/** Redeemed twice, refunded once before the batch, and paid in it. */
async function daily(step: Step, shop: CardShop, cardId: string): Promise<void> {
  const redeem = async (amountMinor: bigint) => {
    const input = redemptionOf(cardId, shop, { amountMinor, payout: { settle: 'later' } });
    await step('redeem_gift_card (later)', (db) => redeemGiftCard(db, input, cause));
    return input.redemptionId;
  };
  await redeem(3_000n);
  const refund = { refundId: randomUUID(), redemptionId: await redeem(3_000n), amountMinor: null, reason: 'returned' };
  await step('request_refund (before payout)', (db) => requestRefund(db, refund, cause));
  await batch(step, shop);
  await step('find_at_till', (db) =>
    findAtTill(db, { merchantId: shop.merchantId, ownerId: shop.ownerId, codeHashes: [randomBytes(32)] }),
  );
}

async function release(
  step: Step,
  shop: CardShop,
  hostId: string,
  issue: (shop: CardShop) => Promise<string>,
): Promise<void> {
  const unassigned = await reserve(step, shop, hostId);
  const input = { releaseId: randomUUID(), hostId, currency: 'USD', giveawayId: null };
  await step('release_escrow', (db) =>
    releaseEscrow(db, { ...input, reason: 'unassigned', cardIds: [unassigned] }, cause),
  );
  await step('complete_release', (db) => completeRelease(db, input, cause));
  const expired = await issue(shop);
  const past = new Date(Date.now() - 1_000);
  await step('expiry', (db) =>
    db('gift_cards').where({ id: expired }).update({ expires_at: past, next_deadline: past }),
  );
  await step('release_expired', (db) => releaseExpired(db, { limit: 100 }, cause));
  await step('void_escrow', (db) => voidEscrow(db as Database, randomUUID(), cause));
}

async function order(step: Step, shop: CardShop, hostId: string): Promise<void> {
  const orderId = randomUUID();
  const wish = { orderId, hostId, catalogueItemId: shop.itemId, faceMinor: 1_000n, count: 2 };
  await step('place_card_order', (db) => placeCardOrder(db, { ...wish, activate: false, workflowId: 'test' }, cause));
  await step('reserve_card_order', (db) => reserveCardOrder(db, { orderId, fundingFeeMinor: 50n }, cause));
  await step('insert_order_cards', (db) => insertOrderCards(db, { orderId, from: 0, batch: 100 }, cause));
  await step('open_order_cards', (db) => openOrderCards(db, { orderId, batch: 100 }, cause));
  await step('complete_card_order', (db) => completeCardOrder(db, { orderId }, cause));
  const pieces = [await reserve(step, shop, hostId), await reserve(step, shop, hostId)];
  const given = pieces.map((cardId) => ({ cardId, awardId: randomUUID(), assigneeId: randomUUID(), code: code() }));
  await step('assign_gift_cards', (db) => assignGiftCards(db, given, cause));
}
