import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { postEscrow, reserveCards, reserveEscrow, voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { allocate } from '../../domain/allocation.ts';
import { twice } from '../commands/twice.ts';
import { cause, openCardShop, type CardShop } from '../support/cards.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

describe('a reservation whose cards come in pieces', () => {
  let test: TestDatabase;
  let shop: CardShop;
  const reserve = async (faces: readonly bigint[], fee: bigint) => {
    const reservationId = randomUUID();
    const ids = faces.map(() => randomUUID());
    const shares = allocate(
      fee,
      faces.map((amountMinor, index) => ({ id: ids[index] ?? '', amountMinor })),
    );
    const cards = faces.map((faceMinor, index) => {
      const cardId = ids[index] ?? '';
      const { merchantId, itemId: catalogueItemId } = shop;
      return { cardId, merchantId, catalogueItemId, faceMinor, fundingFeeMinor: shares.get(cardId) ?? 0n };
    });
    const grossMinor = faces.reduce((sum, face) => sum + face, 0n);
    const owner = { giveawayId: randomUUID(), hostId: randomUUID(), currency: 'USD' };
    const reservation = { reservationId, ...owner, grossMinor, fundingFeeMinor: fee, cards: [], inPieces: true };
    await twice(test.db, () => reserveEscrow(test.db, reservation, cause));
    return { reservationId, cards };
  };
  const cardsOf = (reservationId: string) => test.db('gift_cards').where({ reservation_id: reservationId });

  beforeAll(async () => {
    test = await createTestDatabase('giftcard');
    shop = await openCardShop(test.db);
  });
  afterAll(() => test.drop());

  it('is posted with all of them, each with its part of the fee', async () => {
    const { reservationId, cards } = await reserve([9_999n, 9_999n, 5_002n], 750n);
    const piece = (from: number, to: number, last: boolean) => () =>
      reserveCards(test.db, { reservationId, cards: cards.slice(from, to), last }, cause);
    await twice(test.db, piece(0, 2, false));
    await twice(test.db, piece(2, 3, true));
    await postEscrow(test.db, reservationId, cause);
    expect(await piece(2, 3, true)()).toMatchObject({ state: 'RESERVED' });
    const rows = await cardsOf(reservationId).where({ state: 'ISSUED' }).orderBy('face_minor', 'desc');
    expect(rows.map((row) => row.funding_fee_minor)).toEqual([300n, 300n, 150n]);
    expect((await checkGiftcards(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });

  it('is refused in another currency than the item is sold in, and leaves nothing', async () => {
    const { merchantId, itemId: catalogueItemId } = shop;
    const card = { cardId: randomUUID(), merchantId, catalogueItemId, faceMinor: 100n };
    const owner = { giveawayId: randomUUID(), hostId: randomUUID(), currency: 'EUR' };
    const input = { reservationId: randomUUID(), ...owner, grossMinor: 100n, fundingFeeMinor: 5n, cards: [card] };
    await expect(reserveEscrow(test.db, input, cause)).rejects.toMatchObject({ code: 'catalogue_currency_mismatch' });
    expect(await test.db('escrow_reservations').where({ id: input.reservationId })).toEqual([]);
  });

  it('is refused when they do not add up, and when it was undone', async () => {
    const { reservationId, cards } = await reserve([100n, 100n], 5n);
    const send = (some: typeof cards, last: boolean) =>
      reserveCards(test.db, { reservationId, cards: some, last }, cause);
    await expect(send(cards.slice(0, 1), true)).rejects.toMatchObject({ code: 'escrow_reservation_conflict' });
    expect(await cardsOf(reservationId)).toEqual([]);
    const dearer = cards.map((card) => ({ ...card, fundingFeeMinor: card.fundingFeeMinor + 1n }));
    await expect(send(dearer, true)).rejects.toMatchObject({ code: 'escrow_reservation_conflict' });
    await send(cards.slice(0, 1), false);
    await voidEscrow(test.db, reservationId, cause);
    await expect(send(cards.slice(1), true)).rejects.toMatchObject({ code: 'escrow_reservation_voided' });
    expect(await cardsOf(reservationId).pluck('state')).toEqual(['VOIDED']);
    await expect(
      reserveCards(test.db, { reservationId: randomUUID(), cards, last: true }, cause),
    ).rejects.toMatchObject({ code: 'escrow_not_found' });
  });
});
