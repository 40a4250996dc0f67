import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expireClaimsActivities } from '../../activities/giveaway/expire-claims.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { claimAward } from '../../db/giveaway/claim-award.ts';
import { declineAward } from '../../db/giveaway/decline-award.ts';
import { disqualifyParticipant } from '../../db/giveaway/disqualify-participant.ts';
import { expireClaims } from '../../db/giveaway/expire-claims.ts';
import { fulfilAward } from '../../db/giveaway/fulfil-award.ts';
import { rejectDisqualification } from '../../db/giveaway/reject-disqualification.ts';
import { verifyAward } from '../../db/giveaway/verify-award.ts';
import { leftOverPrizes } from '../../db/giveaway/cancel-giveaway.ts';
import { nextRank } from '../../domain/draw/next-rank.ts';
import { twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway, testPrizes, type AwardRow, type DrawnGiveaway } from '../support/drawn-giveaway.ts';

const cause = { actor: 'user:test', requestId: 'test' };

describe('the life of a claim', () => {
  let test: TestDatabase;
  const claim = ({ id, participant_id: participantId }: AwardRow) =>
    claimAward(test.db, { awardId: id, participantId }, cause);
  const decline = ({ id, participant_id: participantId }: AwardRow) =>
    declineAward(test.db, { awardId: id, participantId }, cause);
  const expire = ({ giveawayId }: DrawnGiveaway) => expireClaims(test.db, giveawayId, cause);
  const suspect = ({ giveawayId }: DrawnGiveaway, participantId: string, decidedBy: string) =>
    disqualifyParticipant(
      test.db,
      { giveawayId, participantId, reason: 'a bot', evidence: 'forty entries', decidedBy, byHost: false },
      cause,
    );
  const ranked = async ({ giveawayId }: DrawnGiveaway, rank: number): Promise<string> =>
    (await test.db.raw('select participant_id from ranked_participants(?, 1, ?, ?)', [giveawayId, rank, rank])).rows[0]
      .participant_id;
  const award = async (drawn: DrawnGiveaway, rank: number): Promise<AwardRow> => {
    const found = (await drawn.awards()).find((row) => row.rank === rank);
    if (!found) throw new Error(`Rank ${rank} was offered nothing`);
    return found;
  };

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('has no end to its window before anybody was told', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 2 });
    expect((await award(drawn, 1)).claim_expires_at).toBeNull();
    expect(await expire(drawn)).toMatchObject({ openAwards: 1, nextExpiryInMs: null });
    expect(await drawn.states()).toEqual(['1 NOTIFIED']);
  });

  it('goes from the claim to the card in one line, and a repeat gives the first answer', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 2 });
    const first = await award(drawn, 1);
    expect(await twice(test.db, () => claim(first))).toMatchObject({ state: 'VERIFIED' });
    expect(await twice(test.db, () => fulfilAward(test.db, first.id, cause))).toMatchObject({ openAwards: 0 });
    await expect(claimAward(test.db, { awardId: first.id, participantId: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'award_not_yours',
    });
    await expect(
      claimAward(test.db, { awardId: randomUUID(), participantId: randomUUID() }, cause),
    ).rejects.toMatchObject({ code: 'award_not_found' });
  });

  it('ends when it is declined: the next rank gets the unit, with the reason, and nobody else moves', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 5, prizes: testPrizes(2) });
    const before = await award(drawn, 2);
    const declined = await award(drawn, 1);
    expect(await twice(test.db, () => decline(declined))).toMatchObject({ state: 'DECLINED' });
    expect(await drawn.states()).toEqual(['1 DECLINED', '2 NOTIFIED', '3 NOTIFIED']);
    expect(await award(drawn, 3)).toMatchObject({ prize_id: declined.prize_id, reason: 'promoted: rank 1 declined' });
    expect(await award(drawn, 2)).toEqual(before);
    await expect(claim(declined)).rejects.toMatchObject({ code: 'award_not_claimable' });
    await claim(before);
    await expect(decline(before)).rejects.toMatchObject({ code: 'award_not_claimable' });
    await expect(
      declineAward(test.db, { awardId: before.id, participantId: randomUUID() }, cause),
    ).rejects.toMatchObject({ code: 'award_not_yours' });
  });

  it('never offers a prize to somebody twice, and an exhausted ranking leaves it to the host', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 3, prizes: testPrizes(2) });
    for (const rank of [1, 2, 3]) await decline(await award(drawn, rank));
    expect(await drawn.states()).toEqual(['1 DECLINED', '2 DECLINED', '3 DECLINED']);
    expect(await expire(drawn)).toMatchObject({ openAwards: 0 });
    expect((await leftOverPrizes(test.db, drawn.giveawayId)).cardIds).toHaveLength(2);
  });

  it('at the instant of the window’s end has one outcome', async () => {
    for (let round = 0; round < 5; round += 1) {
      const drawn = await drawTestGiveaway(test.db, { participants: 2 });
      const first = await award(drawn, 1);
      await test
        .db('giveaway_awards')
        .where({ id: first.id })
        .update({ claim_expires_at: test.db.raw("clock_timestamp() + interval '5 milliseconds'") });
      const attempts = Array.from({ length: 6 }, (_, n) => (n % 2 === 0 ? claim(first) : expire(drawn)));
      const claimed = (await Promise.allSettled(attempts)).filter(
        (result, n) => n % 2 === 0 && result.status === 'fulfilled',
      );
      await new Promise((resolve) => setTimeout(resolve, 10));
      await expire(drawn);
      const outcome = claimed.length > 0 ? ['1 VERIFIED'] : ['1 EXPIRED', '2 NOTIFIED'];
      expect(await drawn.states()).toEqual(outcome);
    }
  });

  it('that is declined and expires at the same moment promotes one', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 4 });
    const first = await award(drawn, 1);
    await Promise.allSettled([
      decline(first),
      drawn.endWindow(1).then(() => expire(drawn)),
      decline(first),
      expire(drawn),
    ]);
    expect((await drawn.states()).filter((state) => state.endsWith('NOTIFIED'))).toEqual(['2 NOTIFIED']);
  });

  it('waits for a person where the rules say so, and the prize is handed over once it is verified', async () => {
    const drawn = await drawTestGiveaway(test.db, {
      participants: 3,
      prizes: testPrizes(2),
      claimVerification: 'manual',
    });
    const [first, second] = [await award(drawn, 1), await award(drawn, 2)];
    const decision = { giveawayId: drawn.giveawayId, awardId: first.id, decidedBy: 'user:host', byHost: true };
    await expect(verifyAward(test.db, decision, cause)).rejects.toMatchObject({ code: 'award_not_claimed' });
    expect((await claim(first)).state).toBe('CLAIMED');
    await expect(fulfilAward(test.db, first.id, cause)).rejects.toMatchObject({ code: 'award_not_claimable' });
    expect(await twice(test.db, () => verifyAward(test.db, decision, cause))).toMatchObject({ state: 'VERIFIED' });
    await expect(verifyAward(test.db, { ...decision, giveawayId: randomUUID() }, cause)).rejects.toMatchObject({
      code: 'award_not_found',
    });
    await claim(second);
    expect(await decline(second)).toMatchObject({ state: 'DECLINED' });
    expect(await drawn.states()).toEqual(['1 VERIFIED', '2 DECLINED', '3 NOTIFIED']);
  });

  it('stops at a rank of whom it is not known whether they may win, until another person says so', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 4 });
    const second = await ranked(drawn, 2);
    await suspect(drawn, second, 'user:ops');
    await decline(await award(drawn, 1));
    expect(await drawn.states()).toEqual(['1 DECLINED']);
    expect(await expire(drawn)).toMatchObject({ openAwards: 1 });
    const rejection = { giveawayId: drawn.giveawayId, participantId: second, byHost: false };
    await expect(rejectDisqualification(test.db, { ...rejection, decidedBy: 'user:ops' }, cause)).rejects.toMatchObject(
      {
        code: 'second_person_missing',
      },
    );
    await twice(test.db, () => rejectDisqualification(test.db, { ...rejection, decidedBy: 'user:admin' }, cause));
    expect(await drawn.states()).toEqual(['1 DECLINED', '2 NOTIFIED']);
    await suspect(drawn, second, 'user:admin');
    expect((await claim(await award(drawn, 2))).state).toBe('CLAIMED');
    await suspect(drawn, second, 'user:ops');
    expect(await drawn.states()).toEqual(['1 DECLINED', '2 DISQUALIFIED', '3 NOTIFIED']);
    await expect(
      rejectDisqualification(test.db, { ...rejection, decidedBy: 'user:admin' }, cause),
    ).rejects.toMatchObject({
      code: 'disqualification_approved',
    });
    await expect(
      rejectDisqualification(test.db, { ...rejection, participantId: randomUUID(), decidedBy: 'user:admin' }, cause),
    ).rejects.toMatchObject({ code: 'disqualification_not_found' });
  });

  it('promotes as the rule of the next rank says, whatever happens in which order', async () => {
    const drawn = await drawTestGiveaway(test.db, { participants: 14, prizes: testPrizes(3) });
    const offered = new Set([1, 2, 3]);
    const failed = new Set<number>();
    for (const [step, pick] of [0, 2, 1, 0, 2, 1, 1, 0].entries()) {
      const live = (await drawn.awards()).filter(({ state }) => state === 'NOTIFIED');
      const leaving = live[pick % live.length];
      if (!leaving) break;
      if (step % 3 === 0) {
        // Somebody who was not offered anything yet cannot win any more.
        const rank = Math.max(...offered) + 1 + (step % 2);
        for (const who of ['user:ops', 'user:admin']) await suspect(drawn, await ranked(drawn, rank), who);
        failed.add(rank);
      }
      if (step % 2 === 0) await decline(leaving);
      else await drawn.endWindow(leaving.rank).then(() => expire(drawn));
      const next = nextRank(14, offered, (rank) => (failed.has(rank) ? 'FAIL' : 'PASS'));
      if (next.kind === 'promoted') offered.add(next.rank);
      const after = await drawn.awards();
      expect(new Set(after.map(({ rank }) => rank))).toEqual(offered);
      if (next.kind === 'promoted')
        expect(after.find(({ rank }) => rank === next.rank)?.prize_id).toBe(leaving.prize_id);
    }
    expect(offered.size).toBe(11);
  });

  it('of very many is ended in batches by the sweep, which says where nothing is open any more', async () => {
    const many = await drawTestGiveaway(test.db, { participants: 500, prizes: testPrizes(230) });
    const few = await drawTestGiveaway(test.db, { participants: 1 });
    await test
      .db('giveaway_awards')
      .whereIn('giveaway_id', [many.giveawayId, few.giveawayId])
      .update({ claim_expires_at: test.db.raw('clock_timestamp()') });
    const { expireDueClaims } = expireClaimsActivities({ db: test.db, heartbeat: () => {} });
    const finished = (await Promise.all([expireDueClaims(cause), expireDueClaims(cause)])).flat();
    expect(finished).toContain(few.giveawayId);
    expect(finished).not.toContain(many.giveawayId);
    const states = await many.states();
    expect(states.slice(0, 230).every((state) => state.endsWith('EXPIRED'))).toBe(true);
    expect(states.slice(230)).toHaveLength(230);
    expect(states.slice(230).every((state) => state.endsWith('NOTIFIED'))).toBe(true);
  });

  it('keeps the invariants', async () => {
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
