import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findGiveaway } from '../../db/giveaway/giveaway-snapshot.ts';
import { pauseGiveaway } from '../../db/giveaway/pause-giveaway.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { drawTestGiveaway, testPrizes } from '../support/drawn-giveaway.ts';
import { openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'user:test', requestId: 'test' };

describe('what is shown of a giveaway', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  it('is of one moment: its version says what its state says, whatever happens meanwhile', async () => {
    const hostId = randomUUID();
    const giveawayId = await openTestGiveaway(test.db, { hostId });
    let ended = false;
    const switching = (async () => {
      for (let n = 0; !ended; n += 1)
        await pauseGiveaway(test.db, { giveawayId, hostId, paused: n % 2 === 0, reason: 'test' }, cause);
    })();
    const seen = new Map<number, boolean>();
    while (seen.size < 30) {
      const shown = await findGiveaway(test.db, giveawayId);
      if (shown) seen.set(shown.version, shown.giveaway.pausedAt !== null);
    }
    ended = true;
    await switching;
    const events = await test
      .db('domain_events')
      .where({ aggregate_id: giveawayId })
      .select<{ version: number; type: string }[]>('version', 'type');
    const paused = new Map(events.map(({ version, type }) => [version, type === 'giveaway.paused']));
    expect([...seen].filter(([version, isPaused]) => paused.get(version) !== isPaused)).toEqual([]);
  });

  it('has the first hundred units and winners, and says how many winners there are', async () => {
    const { giveawayId } = await drawTestGiveaway(test.db, { participants: 140, prizes: testPrizes(120) });
    const shown = await findGiveaway(test.db, giveawayId);
    expect(shown?.prizes.map(({ position }) => position)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect(shown?.winners.map(({ rank }) => rank)).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
    expect([shown?.winnerCount, shown?.participantCount]).toEqual([120, 140]);
    expect(shown?.commitment?.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is nobody’s but the host’s before it is published, and says nothing of who that is', async () => {
    const hostId = randomUUID();
    const giveawayId = await openTestGiveaway(test.db, { hostId });
    await test.db('giveaways').where({ id: giveawayId }).update({ published_at: null });
    expect(await findGiveaway(test.db, giveawayId)).toBeUndefined();
    expect(await findGiveaway(test.db, giveawayId, randomUUID())).toBeUndefined();
    const shown = await findGiveaway(test.db, giveawayId, hostId);
    expect(shown?.giveaway.id).toBe(giveawayId);
    expect(
      JSON.stringify(shown, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    ).not.toContain(hostId);
  });
});
