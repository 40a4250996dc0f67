import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { findGiveaway } from '../../db/giveaway/giveaway-snapshot.ts';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { closeAndDraw, prizeUnits, readAwards, readProof } from '../support/draws.ts';
import { newEntry, openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };

describe('prizes with ranks and quotas', () => {
  let test: TestDatabase;
  const awards = (giveawayId: string) => readAwards(test.db, giveawayId);
  const enter = async (giveawayId: string, count: number): Promise<void> => {
    for (let n = 0; n < count; n += 1) await enterGiveaway(test.db, newEntry(giveawayId), cause);
  };
  const expire = (awardId: string | undefined) =>
    test
      .db('giveaway_awards')
      .where({ id: awardId })
      .update({ claim_expires_at: new Date(0) });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('go to the ranks in their order: the first prize to the first ranks', async () => {
    const giveawayId = await openTestGiveaway(test.db, { prizes: prizeUnits({ Bicycle: 1, Book: 3, Pen: 2 }) });
    await enter(giveawayId, 5);
    await closeAndDraw(test.db, giveawayId);
    const won = (await awards(giveawayId)).map(({ prize, rank }) => `${prize} ${rank}`);
    expect(won).toEqual(['Bicycle 1', 'Book 2', 'Book 3', 'Book 4', 'Pen 5']);
    const shown = await findGiveaway(test.db, giveawayId);
    expect(shown?.prizeGroups.map(({ position, name, quantity }) => [position, name, quantity])).toEqual([
      [1, 'Bicycle', 1],
      [2, 'Book', 3],
      [3, 'Pen', 2],
    ]);
    const proof = await readProof(test.db, giveawayId);
    expect(proof?.rules).toMatch(/ {2}1\. Bicycle: 1 of .*\n {2}2\. Book: 3 of .*at most one prize unit/s);
    expect(new Set(proof?.commitment.prizeUnits.map(({ prizeId }) => prizeId)).size).toBe(3);
  });

  it('are won by one person once for each prize, where the rules say so', async () => {
    const giveawayId = await openTestGiveaway(test.db, {
      prizes: prizeUnits({ Bicycle: 1, Book: 3 }),
      mode: { mode: 'random_draw', prizesPerPerson: 'several' },
    });
    await enter(giveawayId, 3);
    await closeAndDraw(test.db, giveawayId);
    const won = await awards(giveawayId);
    expect(won.map(({ prize, rank }) => `${prize} ${rank}`)).toEqual(['Bicycle 1', 'Book 4', 'Book 5', 'Book 6']);
    // With as many books as people everybody has one, and one of them a bicycle too.
    expect(new Set(won.map(({ participantId }) => participantId)).size).toBe(3);
    const proof = await readProof(test.db, giveawayId);
    expect(proof).toMatchObject({ commitment: { algorithm: 'handsel-draw-per-prize-v1' } });
    expect(proof?.ranking).toHaveLength(6);
    expect(verifyProof(proof, drawCrypto)).toMatchObject({ ok: true });
    const [first, second, ...others] = proof?.ranking ?? [];
    expect(verifyProof({ ...proof, ranking: [second, first, ...others] }, drawCrypto)).toMatchObject({
      ok: false,
      step: 'ranking',
    });
  });

  it('are promoted along the ranking of their own prize, and nobody else moves', async () => {
    const giveawayId = await openTestGiveaway(test.db, {
      prizes: prizeUnits({ Bicycle: 1, Book: 1 }),
      mode: { mode: 'random_draw', prizesPerPerson: 'several' },
    });
    await enter(giveawayId, 3);
    await closeAndDraw(test.db, giveawayId);
    const [bicycle, book] = await awards(giveawayId);
    await claimAward(test.db, { awardId: book?.id ?? '', participantId: book?.participantId ?? '' }, cause);
    await expire(bicycle?.id);
    await expireClaims(test.db, giveawayId, cause);
    expect((await awards(giveawayId)).map(({ prize, rank, state }) => `${prize} ${rank} ${state}`)).toEqual([
      'Bicycle 1 EXPIRED',
      'Bicycle 2 NOTIFIED',
      'Book 4 VERIFIED',
    ]);
    for (const rank of [2, 3]) {
      await expire((await awards(giveawayId)).find((award) => award.prize === 'Bicycle' && award.rank === rank)?.id);
      await expireClaims(test.db, giveawayId, cause);
    }
    // The ranking of the bicycle is exhausted.
    expect((await awards(giveawayId)).filter(({ state }) => state === 'NOTIFIED')).toEqual([]);
    expect(await awards(giveawayId)).toHaveLength(4);
  });

  it.each([
    ['giveaway_prizes_missing', 'one', {}],
    ['giveaway_prizes_too_many', 'one', { Pen: 10_001 }],
    ['giveaway_prizes_too_many', 'several', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`p${n}`, 1]))],
  ] as const)('are refused with %s (%s)', async (code, prizesPerPerson, quotas) => {
    const id = randomUUID();
    const draft = { id, prizes: prizeUnits(quotas), mode: { mode: 'random_draw', prizesPerPerson } } as const;
    await expect(openTestGiveaway(test.db, draft)).rejects.toMatchObject({ code });
    expect(await test.db('giveaways').where({ id })).toEqual([]);
  });

  it('keep the invariants', async () => {
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
