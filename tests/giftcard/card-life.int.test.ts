import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { authoriseGiftCard } from '../../db/giftcard/authorise-gift-card.ts';
import { cardHistory } from '../../db/giftcard/card-history.ts';
import { freezeGiftCard, unfreezeGiftCard } from '../../db/giftcard/freeze-gift-card.ts';
import { findAtTill } from '../../db/giftcard/find-at-till.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { replaceCardCode } from '../../db/giftcard/replace-card-code.ts';
import { cardAfter } from '../../domain/card-history.ts';
import { createCardCodes } from '../../runtime/card-codes.ts';
import { twice } from '../commands/twice.ts';
import { cause, issueCard, openCardShop, redemptionOf, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const key = (id: string) => ({ id, key: randomBytes(32) });
const asSetting = (ring: readonly { id: string; key: Uint8Array }[]): string =>
  ring.map((one) => `${one.id}:${Buffer.from(one.key).toString('base64')}`).join(',');

describe('the life of a gift card', () => {
  let test: TestDatabase;
  let shop: CardShop;
  const [sealing, lookUp] = [key('seal-1'), key('look-1')];
  const codes = createCardCodes([sealing], [lookUp]);

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  /** An assigned card with a real code. */
  async function cardWithCode(): Promise<{ cardId: string; awardId: string; code: string }> {
    const cardId = await issueCard(test.db, shop, { assign: false });
    const awardId = randomUUID();
    const made = codes.create(cardId);
    await assignGiftCard(test.db, { cardId, awardId, assigneeId: randomUUID(), code: made }, cause);
    return { cardId, awardId, code: codes.reveal(cardId, made.sealed) };
  }

  const cardAtTill = async (codeHashes: readonly Uint8Array[]): Promise<string | undefined> => {
    const { merchantId, ownerId } = shop;
    return (await findAtTill(test.db, { merchantId, ownerId, codeHashes })).card?.id;
  };

  it('is not spent, held or assigned while it is frozen, but what was held before may be confirmed', async () => {
    const { cardId } = await cardWithCode();
    const hold = {
      authorisationId: randomUUID(),
      cardId,
      merchantId: shop.merchantId,
      amountMinor: 1_000n,
      currency: null,
      ttlMs: 60_000,
    };
    await authoriseGiftCard(test.db, hold, cause);
    await twice(test.db, () => freezeGiftCard(test.db, { cardId, reason: 'stolen' }, cause));
    const frozen = { code: 'card_frozen' };
    await expect(redeemGiftCard(test.db, redemptionOf(cardId, shop), cause)).rejects.toMatchObject(frozen);
    const another = { ...hold, authorisationId: randomUUID() };
    await expect(authoriseGiftCard(test.db, another, cause)).rejects.toMatchObject(frozen);
    const confirm = redemptionOf(cardId, shop, { authorisationId: hold.authorisationId });
    expect(await redeemGiftCard(test.db, confirm, cause)).toMatchObject({ amountMinor: '1000' });
    await twice(test.db, () => unfreezeGiftCard(test.db, { cardId, reason: 'found again' }, cause));
    expect(await redeemGiftCard(test.db, redemptionOf(cardId, shop), cause)).toMatchObject({ remainingMinor: '0' });
  });

  it('gets another code, and the old one is worth nothing', async () => {
    const { cardId, code: old } = await cardWithCode();
    const input = { cardId, replacementId: randomUUID(), code: codes.create(cardId) };
    await twice(test.db, () => replaceCardCode(test.db, input, cause));
    expect(await cardAtTill(codes.hashes(old))).toBeUndefined();
    const renewed = codes.reveal(cardId, input.code.sealed);
    expect(await cardAtTill(codes.hashes(renewed))).toBe(cardId);
  });

  it('moves unspent from one winner to the next, with a code that the first has not seen', async () => {
    const { cardId, awardId: formerAwardId, code: seen } = await cardWithCode();
    const next = { cardId, awardId: randomUUID(), assigneeId: randomUUID(), code: codes.create(cardId) };
    const refused = { code: 'card_not_assignable' };
    await expect(assignGiftCard(test.db, next, cause)).rejects.toMatchObject(refused);
    const notTheirs = { ...next, formerAwardId: randomUUID() };
    await expect(assignGiftCard(test.db, notTheirs, cause)).rejects.toMatchObject(refused);
    await twice(test.db, () => assignGiftCard(test.db, { ...next, formerAwardId }, cause));
    expect(await cardAtTill(codes.hashes(seen))).toBeUndefined();
    expect(await cardAtTill(codes.hashes(codes.reveal(cardId, next.code.sealed)))).toBe(cardId);
    expect(cardAfter(await cardHistory(test.db, cardId))).toMatchObject({ assigneeId: next.assigneeId });
    await redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor: 1n }), cause);
    const third = { ...next, awardId: randomUUID(), formerAwardId: next.awardId, code: codes.create(cardId) };
    await expect(assignGiftCard(test.db, third, cause)).rejects.toMatchObject(refused);
  });

  it('keeps its code while the keys are rotated, and needs the old ones no more', async () => {
    const { cardId, code } = await cardWithCode();
    const rings = [
      [key('seal-2'), sealing],
      [key('look-2'), lookUp],
    ] as const;
    const rotate = () =>
      spawnSync(process.execPath, [path.resolve('scripts/handsel.mjs'), 'rotate-card-codes'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          DATABASE_URL_GIFTCARD: test.url,
          CARD_CODE_KEYS: asSetting(rings[0]),
          CARD_CODE_LOOKUP_KEY: asSetting(rings[1]),
        },
      });
    const both = createCardCodes(rings[0], rings[1]);
    expect(await cardAtTill(both.hashes(code))).toBe(cardId);
    // Cards of the other tests have codes that no key made.
    await test.db('gift_cards').whereNot({ id: cardId }).update({ code_sealed: null });
    expect(rotate().stdout).toContain('1 cards seen, 1 sealed anew: done');
    expect(rotate().stdout).toContain('1 cards seen, 0 sealed anew: done');
    const newest = createCardCodes([rings[0][0]], [rings[1][0]]);
    expect(await cardAtTill(newest.hashes(code))).toBe(cardId);
    const card = await findCard(test.db, cardId);
    expect(newest.reveal(cardId, card?.code_sealed ?? new Uint8Array())).toBe(code);
  });

  it('tells everything that happened to it, and what it was at any time', async () => {
    const { cardId } = await cardWithCode();
    await redeemGiftCard(test.db, redemptionOf(cardId, shop, { amountMinor: 4_000n }), cause);
    await freezeGiftCard(test.db, { cardId, reason: 'checked' }, cause);
    const events = await cardHistory(test.db, cardId);
    expect(events.map(({ type }) => type)).toEqual([
      'giftcard.card.issued',
      'giftcard.card.assigned',
      'giftcard.redemption.confirmed',
      'giftcard.settlement.started',
      'giftcard.card.frozen',
    ]);
    const card = await findCard(test.db, cardId);
    expect(cardAfter(events)).toMatchObject({
      faceMinor: 10_000n,
      remainingMinor: card?.remaining_minor,
      redeemedMinor: card?.redeemed_minor,
      frozen: true,
      assigneeId: card?.assignee_id,
    });
    const assigned = events.find(({ type }) => type === 'giftcard.card.assigned');
    const then = cardAfter(await cardHistory(test.db, cardId, assigned?.at));
    expect(then).toMatchObject({ remainingMinor: 10_000n, redeemedMinor: 0n, frozen: false, activated: true });
    expect(cardAfter(await cardHistory(test.db, cardId, '1970-01-01T00:00:00Z'))).toBeUndefined();
  });
});
