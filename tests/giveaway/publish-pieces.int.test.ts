import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGiveaway } from '../../db/giveaway/create-giveaway.ts';
import { beginPublish, failPublish, planPublish, readPublishPiece } from '../../db/giveaway/publish-giveaway.ts';
import { allocate } from '../../domain/allocation.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

const cause = { actor: 'system', requestId: 'test' };
const UNITS = 10_000;
const FEE = 75_432n;

describe('a publish of ten thousand prize units', () => {
  let test: TestDatabase;
  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('is read in pieces, and the fee is allocated over all of them as over one', async () => {
    const ref = { giveawayId: randomUUID(), hostId: randomUUID(), publishId: randomUUID() };
    const group = { id: randomUUID(), name: 'Card' };
    const prizes = Array.from({ length: UNITS }, (_, index) => ({
      id: randomUUID(),
      cardId: randomUUID(),
      merchantId: randomUUID(),
      catalogueItemId: randomUUID(),
      faceMinor: BigInt(100 + (index % 7)),
      group,
    }));
    const texts = { title: 'Many', description: '', currency: 'USD', claimWindowMs: 60_000 };
    const giveaway = {
      id: ref.giveawayId,
      hostId: ref.hostId,
      ...texts,
      closesAt: new Date(Date.now() + 600_000),
      prizes,
    };
    await createGiveaway(test.db, giveaway, cause);
    await beginPublish(test.db, ref, cause);
    const plan = await planPublish(test.db, ref);
    expect(plan).toMatchObject({ cards: [], pieces: 20 });

    const read = (piece: number) => readPublishPiece(test.db, { ...ref, fundingFeeMinor: FEE, piece });
    const cards = (await Promise.all(Array.from({ length: plan.pieces }, (_, piece) => read(piece)))).flat();
    expect(cards.map(({ cardId }) => cardId)).toEqual(prizes.map(({ cardId }) => cardId));
    const parts = prizes.map(({ cardId, faceMinor }) => ({ id: cardId, amountMinor: faceMinor }));
    const shares = allocate(FEE, parts);
    expect(cards.filter(({ cardId, fundingFeeMinor }) => fundingFeeMinor !== shares.get(cardId))).toEqual([]);
    await expect(
      readPublishPiece(test.db, { ...ref, publishId: randomUUID(), fundingFeeMinor: FEE, piece: 0 }),
    ).rejects.toMatchObject({ code: 'giveaway_not_draft' });
    await failPublish(test.db, { ...ref, failureCode: 'test' }, cause);
    await expect(read(0)).rejects.toMatchObject({ code: 'giveaway_not_draft' });
  });
});
