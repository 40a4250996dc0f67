import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import { disqualifyParticipant } from '../../db/giveaway/disqualify-participant.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { closeGiveaway } from '../../db/giveaway/run-giveaway.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway } from '../support/drawn-giveaway.ts';
import { prizeUnits } from '../support/draws.ts';
import { newEntry, openTestGiveaway, passDeadline, testSecrets } from '../support/giveaways.ts';
import { KEY_ID, publicKey, signHex } from './draw/build-draw.ts';

const cause = { actor: 'user:test', requestId: 'test' };

interface AwardRow {
  readonly id: string;
  readonly rank: number;
  readonly participant_id: string;
  readonly state: string;
  readonly reason: string;
}

describe('a disqualification after the freeze', () => {
  let test: TestDatabase;
  let giveawayId: string;
  const signer = { keyId: KEY_ID, publicKey, sign: signHex };
  const awards = () =>
    test
      .db('giveaway_awards')
      .where({ giveaway_id: giveawayId })
      .orderBy('rank')
      .select<AwardRow[]>('id', 'rank', 'participant_id', 'state', 'reason');
  const states = async () => (await awards()).map(({ rank, state }) => `${rank} ${state}`);
  const ranked = async (rank: number): Promise<string> =>
    (await test.db.raw('select participant_id from ranked_participants(?, 1, ?, ?)', [giveawayId, rank, rank])).rows[0]
      .participant_id;
  const disqualify = (participantId: string, decidedBy: string, byHost = false) =>
    disqualifyParticipant(
      test.db,
      { giveawayId, participantId, reason: 'a bot', evidence: 'forty entries in one second', decidedBy, byHost },
      cause,
    );
  const claim = ({ id, participant_id: participantId }: AwardRow) =>
    claimAward(test.db, { awardId: id, participantId }, cause);
  const draw = async (step: 'commitDraw' | 'drawGiveaway') =>
    drawGiveawayActivities({ db: test.db, secrets: testSecrets, signer, heartbeat: () => {} })[step]({
      giveawayId,
      ...cause,
    });

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    giveawayId = await openTestGiveaway(test.db);
    for (let n = 0; n < 8; n += 1) await enterGiveaway(test.db, newEntry(giveawayId), cause);
  });
  afterAll(() => test.drop());

  it('is not possible before: until then one person decides, with the review queue or an exclusion', async () => {
    await expect(disqualify(randomUUID(), 'user:ops')).rejects.toMatchObject({ code: 'disqualification_not_possible' });
  });

  it('takes two people, of whom one is not the host, and gives the prize to the next rank', async () => {
    await passDeadline(test.db, giveawayId);
    expect(await closeGiveaway(test.db, giveawayId, cause)).toBe(0);
    await draw('commitDraw');
    await draw('drawGiveaway');
    expect(await states()).toEqual(['1 NOTIFIED']);
    const winner = await ranked(1);
    expect(await twice(test.db, () => disqualify(winner, 'user:host', true))).toMatchObject({ approvedBy: null });
    // The host under another key is still the host.
    expect(await disqualify(winner, 'user:host-too', true)).toMatchObject({ approvedBy: null });
    expect(await states()).toEqual(['1 NOTIFIED']);
    const approved = await Promise.all([disqualify(winner, 'user:ops'), disqualify(winner, 'user:ops')]);
    expect(approved[0]).toMatchObject({ requestedBy: 'user:host', approvedBy: 'user:ops' });
    expect(approved[1]).toEqual(approved[0]);
    expect(await states()).toEqual(['1 DISQUALIFIED', '2 NOTIFIED']);
    expect((await awards())[1]?.reason).toBe('promoted: rank 1 was disqualified');
    await expect(
      claimAward(test.db, { awardId: (await awards())[0]?.id ?? '', participantId: winner }, cause),
    ).rejects.toMatchObject({ code: 'award_not_claimable' });
  });

  it('passes over who was disqualified before it was their turn', async () => {
    const third = await ranked(3);
    await disqualify(third, 'user:ops');
    await disqualify(third, 'user:admin');
    await test
      .db('giveaway_awards')
      .where({ giveaway_id: giveawayId, rank: 2 })
      .update({ claim_expires_at: new Date(0) });
    await Promise.all([1, 2, 3].map(() => expireClaims(test.db, giveawayId, cause)));
    expect(await states()).toEqual(['1 DISQUALIFIED', '2 EXPIRED', '4 NOTIFIED']);
  });

  it('that was only asked for makes a claim wait; with the approval at the same moment the prize goes on', async () => {
    const [award] = (await awards()).filter(({ state }) => state === 'NOTIFIED');
    if (!award) throw new Error('nobody was promoted');
    const participantId = award.participant_id;
    await disqualify(participantId, 'user:host', true);
    const [claimed] = await Promise.allSettled([claim(award), disqualify(participantId, 'user:ops')]);
    if (claimed.status === 'fulfilled') expect(claimed.value.state).toBe('CLAIMED');
    expect((await awards()).find(({ id }) => id === award.id)?.state).toBe('DISQUALIFIED');
    expect((await states()).filter((state) => state.endsWith('NOTIFIED'))).toHaveLength(1);
  });

  it('comes too late once the claim is verified', async () => {
    const [award] = (await awards()).filter(({ state }) => state === 'NOTIFIED');
    if (!award) throw new Error('nobody was promoted');
    expect((await claim(award)).state).toBe('VERIFIED');
    await disqualify(award.participant_id, 'user:host', true);
    await expect(disqualify(award.participant_id, 'user:ops')).rejects.toMatchObject({
      code: 'disqualification_not_possible',
    });
  });

  it('keeps the invariants, and says in events who asked and who approved', async () => {
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
    const { 'giveaway.award.disqualified': vacated } = await eventCounts(test.db);
    expect(vacated).toBeGreaterThanOrEqual(1);
  });

  it('of whom one prize is already theirs takes the others, and puts them out of the lines', async () => {
    const drawn = await drawTestGiveaway(test.db, {
      participants: 3,
      prizes: prizeUnits({ Bicycle: 2, Book: 2, Pen: 3 }),
      mode: { mode: 'random_draw', prizesPerPerson: 'several' },
    });
    ({ giveawayId } = drawn);
    const [first] = await awards();
    if (!first) throw new Error('nobody won');
    await claim(first);
    const before = await awards();
    const others = before.filter((one) => one.participant_id === first.participant_id && one.id !== first.id);
    expect(others.length).toBeGreaterThan(0);
    await disqualify(first.participant_id, 'user:ops');
    expect(await disqualify(first.participant_id, 'user:admin')).toMatchObject({ approvedBy: 'user:admin' });
    const theirs = (await awards()).filter((one) => one.participant_id === first.participant_id);
    expect(theirs.map(({ state }) => state)).toEqual(['VERIFIED', ...others.map(() => 'DISQUALIFIED')]);
    const ranksOfBooks = (await awards()).filter(({ rank }) => rank > 3 && rank <= 6);
    expect(ranksOfBooks.filter(({ state }) => state === 'NOTIFIED')).toHaveLength(2);
  });

  it('reaches an award that is made after it', async () => {
    giveawayId = await openTestGiveaway(test.db);
    const entries = [newEntry(giveawayId), newEntry(giveawayId)];
    for (const entry of entries) await enterGiveaway(test.db, entry, cause);
    await passDeadline(test.db, giveawayId);
    await closeGiveaway(test.db, giveawayId, cause);
    await draw('commitDraw');
    for (const { participantId } of entries.slice(0, 1)) {
      await disqualify(participantId, 'user:ops');
      await disqualify(participantId, 'user:admin');
    }
    await draw('drawGiveaway');
    await expireClaims(test.db, giveawayId, cause);
    const live = (await awards()).filter(({ state }) => state === 'NOTIFIED');
    expect(live.map((award) => award.participant_id)).toEqual([entries[1]?.participantId]);
  });
});
