import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runGiveawayActivities } from '../../activities/giveaway/run-giveaway.ts';
import { cancelGiveaway } from '../../db/giveaway/cancel-giveaway.ts';
import { requestDraw } from '../../db/giveaway/draw-by-hand.ts';
import { countRanked } from '../../db/giveaway/draw-giveaway.ts';
import { enterGiveaway } from '../../db/giveaway/enter-giveaway.ts';
import { closeGiveaway, readGiveawayTimes } from '../../db/giveaway/run-giveaway.ts';
import { claimVerifications } from '../../db/giveaway/verify-entries.ts';
import type { DrawBy } from '../../domain/giveaway-modes.ts';
import { eventCounts, twice } from '../commands/twice.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawFrozen, readAwards, readProof } from '../support/draws.ts';
import { method, newEntry, openTestGiveaway, passDeadline, testSecrets } from '../support/giveaways.ts';

const cause = { actor: 'user:host', requestId: 'test' };

describe('a draw by hand', () => {
  let test: TestDatabase;
  const open = (drawBy: DrawBy) => openTestGiveaway(test.db, { mode: { drawBy, drawWithinMs: 60_000 } });
  const request = (giveawayId: string) => requestDraw(test.db, giveawayId, cause);
  const enter = (giveawayId: string) => enterGiveaway(test.db, newEntry(giveawayId), cause);

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it.each<DrawBy>(['hand', 'either'])(
    'ends entry at once (%s), and every entry with a receipt is in it',
    async (drawBy) => {
      const giveawayId = await open(drawBy);
      await enter(giveawayId);
      const entering = Array.from({ length: 40 }, (_, n) =>
        n === 20 ? request(giveawayId).then(() => undefined) : enter(giveawayId).catch((error: unknown) => error),
      );
      const answers = await Promise.all(entering);
      const accepted = answers.flatMap((answer) =>
        answer && !(answer instanceof Error) ? [(answer as { id: string }).id] : [],
      );
      expect(answers.filter((answer) => answer instanceof Error)).toEqual(
        answers
          .filter((answer) => answer instanceof Error)
          .map(() => expect.objectContaining({ code: 'giveaway_closed' })),
      );
      await expect(enter(giveawayId)).rejects.toMatchObject({ code: 'giveaway_closed' });
      expect(await closeGiveaway(test.db, giveawayId, cause)).toBe(0);
      await Promise.all([drawFrozen(test.db, giveawayId), drawFrozen(test.db, giveawayId)]);
      const proof = await readProof(test.db, giveawayId);
      expect(proof?.entries.map(({ entryId }) => entryId)).toEqual(expect.arrayContaining(accepted));
      expect(proof?.entries).toHaveLength(accepted.length + 1);
      expect(await readAwards(test.db, giveawayId)).toHaveLength(1);
      const { rows } = await test.db.raw(
        `select type, count(*)::int from domain_events where aggregate_id = ? and type in
         ('giveaway.draw_requested', 'giveaway.drawing', 'giveaway.drawn') group by type order by type`,
        [giveawayId],
      );
      expect(rows.map(({ count }: { count: number }) => count)).toEqual([1, 1, 1]);
    },
  );

  it('is asked for once, however often and at whatever moment', async () => {
    const giveawayId = await open('hand');
    await twice(test.db, () => request(giveawayId));
    expect((await eventCounts(test.db))['giveaway.draw_requested']).toBe(3);
    const { closesInMs, handWaitMs } = await readGiveawayTimes(test.db, giveawayId);
    expect(closesInMs).toBeLessThanOrEqual(0);
    expect(handWaitMs).toBe(0);
  });

  it('is waited for after the deadline, but not for ever', async () => {
    const giveawayId = await open('hand');
    await passDeadline(test.db, giveawayId);
    await closeGiveaway(test.db, giveawayId, cause);
    const { handWaitMs } = await readGiveawayTimes(test.db, giveawayId);
    expect(handWaitMs).toBeGreaterThan(50_000);
    expect(handWaitMs).toBeLessThanOrEqual(60_000);
    await test
      .db('giveaways')
      .where({ id: giveawayId })
      .update({ closed_at: new Date(0) });
    expect((await readGiveawayTimes(test.db, giveawayId)).handWaitMs).toBe(0);
    await request(giveawayId);
  });

  it('has the social networks asked for the last time now, not at the deadline that was', async () => {
    const giveawayId = await openTestGiveaway(test.db, {
      mode: { drawBy: 'either' },
      methods: [method({ name: 'follow', kind: 'social_follow', target: '@us' })],
    });
    const entry = await enterGiveaway(test.db, newEntry(giveawayId, { method: 'follow', account: '@me' }), cause);
    await test
      .db('giveaway_verifications')
      .where({ entry_id: entry.id })
      .update({ due_at: new Date(Date.now() + 600_000) });
    expect((await claimVerifications(test.db, { limit: 10, leaseMs: 1_000 })).claimed).toBe(0);
    await request(giveawayId);
    expect((await claimVerifications(test.db, { limit: 10, leaseMs: 1_000 })).claimed).toBe(1);
  });

  it('is refused where it is not allowed, too early or too late, and changes nothing', async () => {
    const deadline = await open('deadline');
    const [early, late, cancelled] = [await open('either'), await open('either'), await open('hand')];
    await test.db('giveaways').where({ id: early }).update({ state: 'SCHEDULED' });
    await passDeadline(test.db, late);
    await closeGiveaway(test.db, late, cause);
    await cancelGiveaway(test.db, { giveawayId: cancelled, reason: 'no stock' }, cause);
    const before = await eventCounts(test.db);
    await expect(request(deadline)).rejects.toMatchObject({ code: 'draw_not_by_hand' });
    await expect(request(early)).rejects.toMatchObject({ code: 'giveaway_not_open' });
    await expect(request(late)).rejects.toMatchObject({ code: 'draw_not_possible', details: { state: 'CLOSED' } });
    await expect(request(cancelled)).rejects.toMatchObject({ code: 'draw_not_possible' });
    expect(await eventCounts(test.db)).toEqual(before);
    await enter(deadline);
  });

  it('is not opened again after a cancellation, by an attempt whose first answer was lost', async () => {
    const giveawayId = await open('hand');
    await cancelGiveaway(test.db, { giveawayId, reason: 'no stock' }, cause);
    const before = await eventCounts(test.db);
    const again = runGiveawayActivities(test.db, testSecrets).openGiveaway({ giveawayId, ...cause });
    await expect(again).rejects.toMatchObject({ code: 'giveaway_not_open', details: { state: 'CANCELLED' } });
    expect(await eventCounts(test.db)).toEqual(before);
  });

  it('meets the deadline in one draw', async () => {
    const giveawayId = await open('either');
    await enter(giveawayId);
    await test
      .db('giveaways')
      .where({ id: giveawayId })
      .update({ closes_at: new Date(Date.now() + 30) });
    const close = async (): Promise<void> => {
      while ((await closeGiveaway(test.db, giveawayId, cause)) > 0);
    };
    await Promise.allSettled([close(), ...Array.from({ length: 10 }, () => request(giveawayId)), close()]);
    await Promise.all([drawFrozen(test.db, giveawayId), drawFrozen(test.db, giveawayId)]);
    expect(await readAwards(test.db, giveawayId)).toHaveLength(1);
    expect(await countRanked(test.db, giveawayId)).toBe(1);
  });
});
