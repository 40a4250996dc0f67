import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { authoriseGiftCard } from '../../db/giftcard/authorise-gift-card.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  completeRelease,
  openReleases,
  readRelease,
  releaseEscrow,
  releaseExpired,
} from '../../db/giftcard/release-escrow.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('releasing escrow', () => {
  let test: TestDatabase;
  let shop: CardShop;

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  const release = (hostId: string, cardIds: readonly string[], change: object = {}) => ({
    releaseId: randomUUID(),
    hostId,
    currency: 'USD',
    giveawayId: null,
    reason: 'unassigned' as const,
    cardIds,
    ...change,
  });
  const expireNow = (cardId: string) =>
    test.db('gift_cards').where({ id: cardId }).update({ expires_at: new Date(), next_deadline: new Date() });
  const sweep = () => releaseExpired(test.db, { limit: 500 }, cause);

  it('gives back what nobody was given, with its fee, in one clearing transfer', async () => {
    const hostId = randomUUID();
    const cardIds = [
      await issueCard(test.db, shop, { hostId, assign: false }),
      await issueCard(test.db, shop, { hostId, assign: false, faceMinor: 5_002n, fundingFeeMinor: 150n }),
    ];
    const input = release(hostId, cardIds);
    const released = await twice(test.db, () => releaseEscrow(test.db, input, cause));
    expect(released).toMatchObject({ cashMinor: '14602', feeMinor: '400', cards: 2, state: 'RELEASING' });
    const completed = await twice(test.db, () => completeRelease(test.db, input, cause));
    expect(completed.state).toBe('RELEASED');
    const rows = await test.db('ledger_transfers').where({ reference_id: input.releaseId, code: 'release.clearing' });
    expect(rows.map(({ amount_minor: amount }) => amount)).toEqual([14_602n]);
    expect(await findCard(test.db, cardIds[0] ?? '')).toMatchObject({ remaining_minor: 0n, released_minor: 10_000n });
  });

  it('refuses a card that is somebody’s, or another host’s, and releases none of the others', async () => {
    const hostId = randomUUID();
    const free = await issueCard(test.db, shop, { hostId, assign: false });
    const assigned = await issueCard(test.db, shop, { hostId });
    await expect(releaseEscrow(test.db, release(hostId, [free, assigned]), cause)).rejects.toMatchObject({
      code: 'card_already_assigned',
    });
    await expect(releaseEscrow(test.db, release(randomUUID(), [free]), cause)).rejects.toMatchObject({
      code: 'card_not_found',
    });
    expect(await findCard(test.db, free)).toMatchObject({ remaining_minor: 10_000n });
  });

  it('releases the rest of an expired card once, with what its fee has left', async () => {
    const hostId = randomUUID();
    const cardId = await issueCard(test.db, shop, { hostId });
    await redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor: 3_333n }), cause);
    await expireNow(cardId);
    expect((await Promise.all([sweep(), sweep()])).map(({ cards }) => cards).toSorted((a, b) => a - b)).toEqual([0, 1]);
    const open = await openReleases(test.db, 100);
    const releases = await Promise.all(open.map((id) => readRelease(test.db, id)));
    // F = 250: the first 3333 carried 83 of it.
    expect(releases.filter((one) => one?.hostId === hostId)).toMatchObject([
      { reason: 'expired', cashMinor: '6500', feeMinor: '167', cards: 1 },
    ]);
    await expect(redeemGiftCard(test.db, redemptionOf(cardId, shop), cause)).rejects.toMatchObject({
      code: 'card_already_redeemed',
    });
  });

  it('waits for an open authorisation', async () => {
    const cardId = await issueCard(test.db, shop);
    const hold = { authorisationId: randomUUID(), cardId, merchantId: shop.merchantId, amountMinor: 4_000n };
    await authoriseGiftCard(test.db, { ...hold, currency: null, ttlMs: 60_000 }, cause);
    await expireNow(cardId);
    expect(await sweep()).toEqual({ cards: 0 });
    const confirm = redemptionOf(cardId, shop, { authorisationId: hold.authorisationId });
    await redeemGiftCard(test.db, confirm, cause);
    expect(await sweep()).toEqual({ cards: 1 });
    expect(await findCard(test.db, cardId)).toMatchObject({ redeemed_minor: 4_000n, released_minor: 6_000n });
  });

  it('lets either the redemption or the expiry have the card, never both', async () => {
    const cards = await Promise.all(Array.from({ length: 20 }, () => issueCard(test.db, shop)));
    const soon = new Date(Date.now() + 120);
    await test.db('gift_cards').whereIn('id', cards).update({ expires_at: soon, next_deadline: soon });
    const redeems = cards.map(async (cardId, index) => {
      await new Promise((resolve) => setTimeout(resolve, 100 + index * 2));
      return redeemGiftCard(test.db, redemptionOf(cardId, shop), cause);
    });
    const sweeps = Array.from({ length: 10 }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, 110 + index * 5));
      return sweep();
    });
    const outcomes = await Promise.allSettled(redeems);
    await Promise.all(sweeps);
    await sweep();
    for (const [index, cardId] of cards.entries()) {
      const card = await findCard(test.db, cardId);
      const redeemed = outcomes[index]?.status === 'fulfilled';
      expect([card?.redeemed_minor, card?.released_minor]).toEqual(redeemed ? [10_000n, 0n] : [0n, 10_000n]);
    }
  });

  it('keeps the invariants', async () => {
    const lines = [...(await checkLedger(test.db, 'giftcard')), ...(await checkGiftcards(test.db))];
    expect(lines.filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
