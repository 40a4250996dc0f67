import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { authoriseGiftCard, expireAuthorisations, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { forgetHolders } from '../../db/giftcard/forget-holders.ts';
import { freezeGiftCard } from '../../db/giftcard/freeze-gift-card.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { requestRefund } from '../../db/giftcard/refund-redemption.ts';
import { updateMerchant } from '../../db/giftcard/register-merchant.ts';
import { releaseExpired } from '../../db/giftcard/release-escrow.ts';
import { reserveEscrow } from '../../db/giftcard/reserve-escrow.ts';
import * as vends from '../../db/giftcard/vend-airtime.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { twice } from '../commands/twice.ts';
import { beginTopUp, openAirtimeShop, topUpOf, winAirtime, type AirtimeCard } from '../support/airtime.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a top-up in the database', () => {
  let test: TestDatabase;
  let shop: CardShop;
  let card: AirtimeCard;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openAirtimeShop(test.db);
  });
  beforeEach(async () => {
    card = await winAirtime(test.db, shop);
  });
  afterAll(() => test.drop());

  const begin = (change: object = {}) => beginTopUp(test.db, card, change);
  const refused = (change: object = {}) => vends.beginVend(test.db, topUpOf(card, change), cause);
  const amounts = async () => {
    const found = await findCard(test.db, card.cardId);
    return [found?.remaining_minor, found?.held_minor, found?.redeemed_minor, found?.refunded_minor];
  };
  const run = <T>(command: () => Promise<T>): Promise<T> => twice(test.db, command);
  const phoneOf = async (vendId: string) => (await vends.findVend(test.db, vendId))?.phoneSealed;

  it('holds the value for as long as it takes, and redeems it when it has arrived', async () => {
    const input = topUpOf(card);
    const begun = await run(() => vends.beginVend(test.db, input, cause));
    expect(begun).toMatchObject({ state: 'SUBMITTED', amountMinor: '5000', intent: { number: 1 } });
    expect(await amounts()).toEqual([5_000n, 5_000n, 0n, 0n]);
    expect(await expireAuthorisations(test.db, { limit: 100 }, cause)).toMatchObject({ expired: 0 });
    await expect(refused()).rejects.toMatchObject({ code: 'card_over_redemption' });

    const { vendId } = begun;
    const intentId = begun.intent?.intentId ?? '';
    await run(() => vends.markVendUnknown(test.db, { vendId, reason: 'TimeoutError' }, cause));
    const done = await run(() => vends.deliverVend(test.db, { vendId, intentId, providerId: 'tu_1' }, cause));
    expect(done).toMatchObject({ state: 'DELIVERED', intent: null });
    expect(await amounts()).toEqual([0n, 0n, 5_000n, 0n]);
    await expect(vends.failVend(test.db, { vendId, intentId, failureCode: 'x' }, cause)).rejects.toThrow();
    expect(Buffer.from((await phoneOf(vendId)) ?? '').toString()).toBe('sealed');
    expect(await vends.erasePhones(test.db, { keptMs: 3_600_000, limit: 10 })).toEqual({ erased: 0 });
    expect((await vends.erasePhones(test.db, { keptMs: 0, limit: 10 })).erased).toBeGreaterThan(0);
    expect(await phoneOf(vendId)).toBeNull();
  });

  it('makes the card whole again when it is refused, and forgets the number', async () => {
    const { vendId, intentId } = await begin({ amountMinor: 2_000n });
    const failed = await run(() => vends.failVend(test.db, { vendId, intentId, failureCode: 'declined' }, cause));
    expect(failed).toMatchObject({ state: 'FAILED_DEFINITE', failureCode: 'declined' });
    expect(await amounts()).toEqual([5_000n, 0n, 0n, 0n]);
    expect(await phoneOf(vendId)).toBeNull();
    await expect(vends.deliverVend(test.db, { vendId, intentId, providerId: 'x' }, cause)).rejects.toThrow();
    await begin();
  });

  it('refuses what does not fit, and changes nothing', async () => {
    await expect(refused({ cardId: randomUUID() })).rejects.toMatchObject({ code: 'card_not_found' });
    await expect(refused({ userId: randomUUID() })).rejects.toMatchObject({ code: 'card_not_yours' });
    await expect(refused({ operator: 'rhein-de' })).rejects.toMatchObject({ code: 'airtime_operator_not_served' });
    await expect(refused({ amountMinor: 99n })).rejects.toMatchObject({ code: 'catalogue_amount_not_offered' });
    await expect(refused({ amountMinor: 5_001n })).rejects.toMatchObject({ code: 'card_over_redemption' });
    const { vendId } = await begin({ amountMinor: 1_000n });
    const other = await winAirtime(test.db, shop);
    const reused = vends.beginVend(test.db, topUpOf(other, { vendId }), cause);
    await expect(reused).rejects.toMatchObject({ code: 'idempotency_key_reused' });
    expect(await amounts()).toEqual([5_000n, 1_000n, 0n, 0n]);
    const store = await openCardShop(test.db);
    const plain = { cardId: await issueCard(test.db, store), userId: '' };
    const userId = (await findCard(test.db, plain.cardId))?.assignee_id ?? '';
    const wrong = vends.beginVend(test.db, topUpOf({ ...plain, userId }), cause);
    await expect(wrong).rejects.toMatchObject({ code: 'card_not_airtime' });
  });

  it('sells fixed amounts as they are', async () => {
    const fixed = await openAirtimeShop(test.db, { amountsMinor: [1_000n, 5_000n] });
    card = await winAirtime(test.db, fixed);
    await expect(refused({ amountMinor: 2_000n })).rejects.toMatchObject({ code: 'catalogue_amount_not_offered' });
    await begin({ amountMinor: 1_000n });
    await expect(refused()).rejects.toMatchObject({ code: 'catalogue_amount_not_offered' });
  });

  it('is ended by nobody else: neither at the till, nor by its merchant, nor by time', async () => {
    const { vendId } = await begin();
    const ref = { authorisationId: vendId, merchantId: shop.merchantId };
    await expect(voidAuthorisation(test.db, ref, cause)).rejects.toMatchObject({ code: 'authorisation_not_found' });
    const confirm = redemptionOf(card.cardId, shop, { authorisationId: vendId, payout: { settle: 'later' } });
    await expect(redeemGiftCard(test.db, confirm, cause)).rejects.toMatchObject({ code: 'authorisation_not_found' });
    const hold = { ...ref, authorisationId: randomUUID(), cardId: card.cardId, amountMinor: 1n, currency: null };
    await expect(authoriseGiftCard(test.db, { ...hold, ttlMs: 1_000 }, cause)).rejects.toMatchObject({
      code: 'card_over_redemption',
    });
  });

  it('waits for float with the next intent, and never with two', async () => {
    const { vendId, intentId } = await begin();
    const paused = await run(() => vends.pauseVend(test.db, { vendId, intentId }, cause));
    expect(paused).toMatchObject({ state: 'WAITING_FOR_FLOAT', intent: null });
    expect(await amounts()).toEqual([5_000n, 5_000n, 0n, 0n]);
    const resumed = await run(() => vends.resumeVend(test.db, { vendId }, cause));
    expect(resumed).toMatchObject({ state: 'SUBMITTED', intent: { number: 2 } });
    expect(resumed.intent?.intentId).not.toBe(intentId);
    // The first answer once more, late: it is about an intent that has ended.
    expect(await vends.pauseVend(test.db, { vendId, intentId }, cause)).toMatchObject({ state: 'SUBMITTED' });
    await expect(vends.deliverVend(test.db, { vendId, intentId, providerId: 'x' }, cause)).rejects.toThrow();
    const second = test.db('airtime_intents').insert({ id: randomUUID(), vend_id: vendId, number: 3 });
    await expect(second).rejects.toThrow('airtime_intents_one_live');
  });

  it('parks under a case number, and is decided once, by two people where nobody knows', async () => {
    const { vendId } = await begin();
    const parked = await run(() => vends.parkVend(test.db, { vendId, reason: 'TimeoutError' }, cause));
    expect(parked).toMatchObject({ state: 'NEEDS_ATTENTION', caseNumber: 1, failureCode: 'TimeoutError' });
    const of = (caseNumber: number) => ({ vendId, caseNumber, decisionReason: 'asked them' });
    await expect(vends.retryVend(test.db, of(2), cause)).rejects.toMatchObject({ code: 'case_changed' });
    expect(await run(() => vends.retryVend(test.db, of(1), cause))).toMatchObject({ state: 'UNKNOWN' });
    await vends.parkVend(test.db, { vendId, reason: 'TimeoutError' }, cause);
    const take = { ...of(2), kind: 'take_as_failed' as const };
    const alone = vends.settleVendCase(test.db, take, cause);
    await expect(alone).rejects.toMatchObject({ code: 'second_person_missing' });
    for (const actor of ['user:one', 'user:two']) {
      const decision = { decisionId: randomUUID(), subjectType: 'airtime_vend' as const, subjectId: vendId };
      const made = { ...decision, caseNumber: 2, kind: 'take_as_failed' as const, reason: 'asked them' };
      await secondDecision(test.db, made, { ...cause, actor });
    }
    const settled = await run(() => vends.settleVendCase(test.db, take, cause));
    expect(settled).toMatchObject({ state: 'FAILED_DEFINITE', failureCode: 'taken_as_failed' });
    expect(await amounts()).toEqual([5_000n, 0n, 0n, 0n]);
    await expect(vends.retryVend(test.db, of(2), cause)).rejects.toMatchObject({ code: 'case_not_open' });
  });

  it('brings the value back when it was taken back after all, as far as nobody has before', async () => {
    const deliver = async () => {
      const begun = await begin();
      await vends.deliverVend(test.db, { ...begun, providerId: 'tu' }, cause);
      return begun;
    };
    const first = await deliver();
    const reversed = await run(() => vends.reverseVend(test.db, first, cause));
    expect(reversed).toMatchObject({ state: 'REVERSED', refundId: expect.any(String) });
    expect(await amounts()).toEqual([5_000n, 0n, 5_000n, 5_000n]);
    const second = await deliver();
    const refund = { refundId: randomUUID(), redemptionId: second.vendId, amountMinor: 2_000n, reason: 'kind' };
    await requestRefund(test.db, refund, cause);
    await vends.reverseVend(test.db, second, cause);
    expect(await amounts()).toEqual([5_000n, 0n, 10_000n, 10_000n]);
  });

  it('moves only as its states allow, whoever writes', async () => {
    const { vendId, intentId } = await begin();
    const write = (state: string) => test.db('airtime_vends').where({ id: vendId }).update({ state });
    for (const state of ['REVERSED']) await expect(write(state)).rejects.toThrow('cannot become');
    await vends.failVend(test.db, { vendId, intentId, failureCode: 'declined' }, cause);
    for (const state of ['SUBMITTED', 'DELIVERED', 'UNKNOWN', 'REVERSED'])
      await expect(write(state)).rejects.toThrow('cannot become');
    const other = await begin();
    const richer = test.db('airtime_vends').where({ id: other.vendId }).update({ amount_minor: 1n });
    await expect(richer).rejects.toThrow('cannot become');
  });

  it('keeps its card from being released at its end, and a freeze from spoiling what has arrived', async () => {
    const expire = () =>
      test
        .db('gift_cards')
        .where({ id: card.cardId })
        .update({ expires_at: new Date(Date.now() - 1_000), next_deadline: new Date(Date.now() - 1_000) });
    const sweep = () => releaseExpired(test.db, { limit: 100 }, cause);
    const first = await begin();
    await expire();
    expect(await sweep()).toEqual({ cards: 0 });
    await vends.deliverVend(test.db, { ...first, providerId: 'tu' }, cause);
    expect(await sweep()).toEqual({ cards: 0 });
    expect(await amounts()).toEqual([0n, 0n, 5_000n, 0n]);

    card = await winAirtime(test.db, shop);
    const second = await begin();
    await expire();
    await vends.failVend(test.db, { ...second, failureCode: 'declined' }, cause);
    await expect(refused()).rejects.toMatchObject({ code: 'card_expired' });
    expect(await sweep()).toEqual({ cards: 1 });
    expect(await amounts()).toEqual([0n, 0n, 0n, 0n]);

    card = await winAirtime(test.db, shop);
    const third = await begin({ amountMinor: 2_000n });
    await freezeGiftCard(test.db, { cardId: card.cardId, reason: 'doubted' }, cause);
    await expect(refused()).rejects.toMatchObject({ code: 'card_frozen' });
    await vends.deliverVend(test.db, { ...third, providerId: 'tu' }, cause);
    expect(await amounts()).toEqual([3_000n, 0n, 2_000n, 0n]);
  });

  it('is begun once by however many come at the same time', async () => {
    const at = await Promise.allSettled(Array.from({ length: 8 }, () => begin({ amountMinor: 2_000n })));
    expect(at.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(await amounts()).toEqual([5_000n, 4_000n, 0n, 0n]);
  });

  it('forgets whoever is erased, once nothing of theirs is under way', async () => {
    const forget = () => forgetHolders(test.db, [card.userId]);
    const begun = await begin();
    expect(await forget()).toEqual({ forgotten: [] });
    expect(await phoneOf(begun.vendId)).not.toBeNull();
    await vends.deliverVend(test.db, { ...begun, providerId: 'tu' }, cause);
    expect(await run(forget)).toEqual({ forgotten: [card.userId] });
    expect(await phoneOf(begun.vendId)).toBeNull();
    expect(await forgetHolders(test.db, [randomUUID()])).toMatchObject({ forgotten: [expect.any(String)] });
  });

  it('leaves every invariant whole', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
    const checked = lines.find(({ invariant }) => invariant.startsWith('a top-up that was delivered'))?.checked ?? 0;
    expect(checked).toBeGreaterThan(5);
  });

  it('keeps shops and airtime apart', async () => {
    const instant = { merchantId: shop.merchantId, ownerId: shop.ownerId, payoutSchedule: 'instant' as const };
    await expect(updateMerchant(test.db, instant, cause)).rejects.toMatchObject({ code: 'airtime_paid_on_schedule' });
    const reserve = (of: CardShop, airtime?: boolean) => {
      const one = { cardId: randomUUID(), merchantId: of.merchantId, catalogueItemId: of.itemId, faceMinor: 1_000n };
      const money = { currency: 'USD', grossMinor: 1_000n, fundingFeeMinor: 0n };
      const cards = [{ ...one, ...(airtime === undefined ? {} : { airtime }) }];
      const reservation = { reservationId: randomUUID(), giveawayId: null, hostId: randomUUID(), ...money, cards };
      return reserveEscrow(test.db, reservation, cause);
    };
    await expect(reserve(shop)).rejects.toMatchObject({ code: 'catalogue_item_is_airtime' });
    const store = await openCardShop(test.db);
    await expect(reserve(store, true)).rejects.toMatchObject({ code: 'catalogue_item_not_airtime' });
  });
});
