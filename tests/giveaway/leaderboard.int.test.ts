import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { leaderboardRoutes } from '../../api/giveaway/leaderboard.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { readStandings } from '../../db/giveaway/leaderboard.ts';
import { excludeParticipant } from '../../db/giveaway/review-participants.ts';
import { verifyProof } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { closeAndDraw, prizeUnits, readAwards, readProof } from '../support/draws.ts';
import { method, newEntry, openTestGiveaway } from '../support/giveaways.ts';
import { startHttpApp, testKeys, type HttpApp, type TestKeys } from '../support/http-app.ts';

const cause = { actor: 'user:host', requestId: 'test' };
const people = Array.from({ length: 6 }, () => randomUUID());

describe('a leaderboard', () => {
  let test: TestDatabase;
  let giveawayId: string;
  let keys: TestKeys;
  let app: HttpApp;
  const enter = (participantId: string | undefined, name: string) =>
    enterGiveaway(test.db, newEntry(giveawayId, { method: name, ...(participantId ? { participantId } : {}) }), cause);
  const standings = async () =>
    (await readStandings(test.db, { giveawayId, limit: 10 })).map(({ place, score }) => [place, score]);
  const placeOf = async (participantId: string | undefined) =>
    (await readStandings(test.db, { giveawayId, limit: 1, participantId: participantId ?? '' }))[0];

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    keys = await testKeys();
    app = await startHttpApp(test.db, keys, { routes: leaderboardRoutes({ db: test.db } as never) });
    giveawayId = await openTestGiveaway(test.db, {
      prizes: prizeUnits({ Gold: 1, Silver: 2, Bronze: 1 }),
      mode: { mode: 'leaderboard' },
      verificationGraceMs: 0,
      methods: [
        method({ required: true }),
        method({ name: 'big', weight: 5 }),
        method({ name: 'small', weight: 2 }),
        method({ name: 'follow', kind: 'social_follow', target: '@us', weight: 100 }),
      ],
    });
  });
  afterAll(async () => {
    await app.close();
    await test.drop();
  });

  it('adds up what counts, and gives equals the same place until the draw', async () => {
    const [first, second, third, fourth, blocked, idle] = people;
    for (const person of [first, second, third, fourth, blocked]) await enter(person, 'direct');
    for (const person of [first, second, third, blocked]) await enter(person, 'big');
    for (const person of [first, blocked]) await enter(person, 'small');
    // Who lacks what is required, and whom the host has blocked, is not there; what nobody has confirmed does not count.
    await enter(idle, 'big');
    await enterGiveaway(
      test.db,
      newEntry(giveawayId, { method: 'follow', account: '@me', participantId: fourth ?? '' }),
      cause,
    );
    const block = { giveawayId, participantId: blocked ?? '', code: 'blocked', reason: 'bought votes' } as const;
    await excludeParticipant(test.db, block, cause);
    expect(await standings()).toEqual([
      [1, 8],
      [2, 6],
      [2, 6],
      [4, 1],
    ]);
    expect(await placeOf(second)).toMatchObject({ place: 2, score: 6 });
    expect(await placeOf(idle)).toBeUndefined();
  });

  it('is there for everybody, and names nobody', async () => {
    const path = `/v1/giveaways/${giveawayId}/leaderboard`;
    const { status, body } = await app.ask('GET', `${path}?limit=2`);
    expect([status, body.data.length]).toEqual([200, 2]);
    expect(body.data[0]).toEqual({ place: 1, score: 8, participant: expect.stringMatching(/^[0-9a-f]{64}$/) });
    const token = await keys.issuer.issue({
      userId: people[3] ?? '',
      sessionId: randomUUID(),
      roles: ['participant'],
    });
    expect((await app.ask('GET', `${path}/mine`, { token })).body.standing).toMatchObject({ place: 4, score: 1 });
    const other = await openTestGiveaway(test.db);
    for (const [id, code] of [
      [other, 'giveaway_not_leaderboard'],
      [randomUUID(), 'giveaway_not_found'],
    ])
      expect((await app.ask('GET', `/v1/giveaways/${id}/leaderboard`)).body.code).toBe(code);
  });

  it('gives prizes by rank, ties by the seed, as anybody can verify', async () => {
    await closeAndDraw(test.db, giveawayId);
    const awards = await readAwards(test.db, giveawayId);
    expect(awards.map(({ prize, rank }) => `${prize} ${rank}`)).toEqual(['Gold 1', 'Silver 2', 'Silver 3', 'Bronze 4']);
    expect(awards[0]?.participantId).toBe(people[0]);
    expect(awards[3]?.participantId).toBe(people[3]);
    const proof = await readProof(test.db, giveawayId);
    expect(proof?.commitment.algorithm).toBe('handsel-leaderboard-v1');
    expect(verifyProof(proof, drawCrypto)).toMatchObject({ ok: true });
    const [one, two, three, four] = proof?.ranking ?? [];
    expect(verifyProof({ ...proof, ranking: [one, three, two, four] }, drawCrypto)).toMatchObject({
      ok: false,
      step: 'ranking',
    });
    const drawn = await readStandings(test.db, { giveawayId, limit: 10 });
    expect(drawn.map(({ place, participant }) => [place, participant])).toEqual(
      (proof?.ranking ?? []).map((participant, index) => [index + 1, participant]),
    );
  });

  it('has one prize for each person, and keeps the invariants', async () => {
    const refused = openTestGiveaway(test.db, { mode: { mode: 'leaderboard', prizesPerPerson: 'several' } });
    await expect(refused).rejects.toMatchObject({ code: 'giveaway_mode_invalid' });
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
