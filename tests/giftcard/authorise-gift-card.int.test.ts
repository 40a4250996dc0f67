import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { authoriseGiftCard, expireAuthorisations, voidAuthorisation } from '../../db/giftcard/authorise-gift-card.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('authorising a gift card', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  const hold = (cardId: string, change: object = {}) => ({
    authorisationId: randomUUID(),
    cardId,
    merchantId: shop.merchantId,
    amountMinor: 4_000n,
    currency: null,
    ttlMs: 60_000,
    ...change,
  });
  const expire = () => expireAuthorisations(test.db, { limit: 100 }, cause);

  it('holds an amount, which nobody else can spend, and confirms a part of it', async () => {
    const cardId = await issueCard(test.db, shop);
    const input = hold(cardId);
    const held = await twice(test.db, () => authoriseGiftCard(test.db, input, cause));
    expect(held).toMatchObject({ state: 'OPEN', amountMinor: '4000' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 10_000n, held_minor: 4_000n });
    const greedy = redemptionOf(cardId, shop, { amountMinor: 6_001n });
    await expect(redeemGiftCard(test.db, greedy, cause)).rejects.toMatchObject({
      code: 'card_over_redemption',
      details: { remainingMinor: '6000' },
    });
    const { authorisationId } = input;
    const more = redemptionOf(cardId, shop, { authorisationId, amountMinor: 4_001n });
    await expect(redeemGiftCard(test.db, more, cause)).rejects.toMatchObject({ code: 'card_over_redemption' });
    const confirm = redemptionOf(cardId, shop, { authorisationId, amountMinor: 3_000n });
    const confirmed = await twice(test.db, () => redeemGiftCard(test.db, confirm, cause));
    expect(confirmed).toMatchObject({ amountMinor: '3000', remainingMinor: '7000' });
    expect(await findCard(test.db, cardId)).toMatchObject({ remaining_minor: 7_000n, held_minor: 0n });
    const ref = { authorisationId, merchantId: shop.merchantId };
    await expect(voidAuthorisation(test.db, ref, cause)).rejects.toMatchObject({ code: 'authorisation_confirmed' });
    const again = redemptionOf(cardId, shop, { authorisationId });
    await expect(redeemGiftCard(test.db, again, cause)).rejects.toMatchObject({ code: 'authorisation_confirmed' });
  });

  it('gives a hold back, once', async () => {
    const cardId = await issueCard(test.db, shop);
    const input = hold(cardId);
    await authoriseGiftCard(test.db, input, cause);
    await expect(voidAuthorisation(test.db, { ...input, merchantId: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'authorisation_not_found',
    });
    expect(await twice(test.db, () => voidAuthorisation(test.db, input, cause))).toMatchObject({ state: 'VOIDED' });
    expect(await findCard(test.db, cardId)).toMatchObject({ held_minor: 0n });
    const late = redemptionOf(cardId, shop, { authorisationId: input.authorisationId });
    await expect(redeemGiftCard(test.db, late, cause)).rejects.toMatchObject({ code: 'authorisation_voided' });
  });

  it('expires by the database’s clock: it cannot be confirmed, and a sweep frees it', async () => {
    const cardId = await issueCard(test.db, shop);
    const input = hold(cardId, { ttlMs: 1 });
    await authoriseGiftCard(test.db, input, cause);
    const late = redemptionOf(cardId, shop, { authorisationId: input.authorisationId });
    await expect(redeemGiftCard(test.db, late, cause)).rejects.toMatchObject({ code: 'authorisation_expired' });
    expect(await expire()).toEqual({ expired: 1, more: false });
    expect(await expire()).toEqual({ expired: 0, more: false });
    await expect(voidAuthorisation(test.db, input, cause)).rejects.toMatchObject({ code: 'authorisation_expired' });
    expect(await findCard(test.db, cardId)).toMatchObject({ held_minor: 0n, remaining_minor: 10_000n });
  });

  it('is confirmed within its time even when the card has expired meanwhile, and refused for new holds', async () => {
    const cardId = await issueCard(test.db, shop);
    const input = hold(cardId);
    await authoriseGiftCard(test.db, input, cause);
    await test.db('gift_cards').where({ id: cardId }).update({ expires_at: new Date() });
    await expect(authoriseGiftCard(test.db, hold(cardId), cause)).rejects.toMatchObject({ code: 'card_expired' });
    const confirm = redemptionOf(cardId, shop, { authorisationId: input.authorisationId });
    expect(await redeemGiftCard(test.db, confirm, cause)).toMatchObject({ amountMinor: '4000' });
  });

  it('never holds more than there is, whoever races whom', async () => {
    const cardId = await issueCard(test.db, shop);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 40 }, (_, index) =>
        index % 2 === 0
          ? authoriseGiftCard(test.db, hold(cardId, { amountMinor: 1_000n }), cause)
          : redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor: 1_000n }), cause),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const card = await findCard(test.db, cardId);
    expect(card?.remaining_minor).toBe(card?.held_minor);
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
