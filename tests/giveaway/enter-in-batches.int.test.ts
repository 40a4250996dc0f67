import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../db/connect.ts';
import { enterGiveaway, type NewEntry } from '../../db/giveaway/enter-giveaway.ts';
import { inBatches } from '../../runtime/batches.ts';
import { createTestDatabase, PATIENCE_MS, type TestDatabase } from '../support/database.ts';
import { newEntry, openTestGiveaway } from '../support/giveaways.ts';

const cause = { actor: 'system', requestId: 'test' };

describe('calls in batches', () => {
  const batches: number[][] = [];
  const call = inBatches({
    run: (calls: readonly number[]) => {
      batches.push([...calls]);
      return calls.includes(13) ? Promise.reject(new Error('thirteen')) : Promise.resolve(calls.map((n) => n * 2));
    },
    nameOf: String,
    maxCalls: 4,
    maxBatches: 1,
  });

  it('share what comes at the same time, never one name twice, and each gets its own result', async () => {
    expect(await Promise.all([1, 2, 2, 3, 4, 5].map(call))).toEqual([2, 4, 4, 6, 8, 10]);
    expect(batches).toEqual([
      [1, 2, 3, 4],
      [2, 5],
    ]);
  });

  it('are made one by one where their batch fails, so that one of them fails alone', async () => {
    const results = await Promise.allSettled([7, 13, 8].map(call));
    expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
      14,
      'failed',
      16,
    ]);
    expect(await call(9)).toBe(18);
  });
});

describe('entries that come at the same time', () => {
  let test: TestDatabase;
  let giveawayId: string;
  const enter = (entry: NewEntry) => enterGiveaway(test.db, entry, cause);
  const outcomes = async (entries: readonly NewEntry[]): Promise<string[]> =>
    (await Promise.allSettled(entries.map(enter))).map((result) =>
      result.status === 'fulfilled' ? result.value.id : String((result.reason as { code?: string }).code),
    );

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    giveawayId = await openTestGiveaway(test.db);
  });
  afterAll(() => test.drop());

  it('are each accepted or refused for themselves, and a repeat gets the first answer', async () => {
    const fresh = Array.from({ length: 150 }, () => newEntry(giveawayId));
    const again = fresh.slice(0, 50).map((entry) => ({ ...entry, id: randomUUID() }));
    const lost = Array.from({ length: 20 }, () => newEntry(randomUUID()));
    const unknown = Array.from({ length: 20 }, () => newEntry(giveawayId, { method: 'none' }));
    expect(await outcomes([...fresh, ...lost, ...unknown])).toEqual([
      ...fresh.map(({ id }) => id),
      ...lost.map(() => 'giveaway_not_found'),
      ...unknown.map(() => 'entry_method_not_found'),
    ]);
    expect(await outcomes([...again, ...fresh])).toEqual([
      ...again.map(() => 'entry_duplicate'),
      ...fresh.map(({ id }) => id),
    ]);
    const [row] = await test.db('giveaway_entries').where({ giveaway_id: giveawayId }).count({ count: '*' });
    expect(Number(row?.['count'])).toBe(150);
    const [events] = await test.db('domain_events').where({ type: 'giveaway.entry.received' }).count({ count: '*' });
    expect(Number(events?.['count'])).toBe(150);
    expect((await test.db('giveaway_participants').where({ giveaway_id: giveawayId })).length).toBe(150);
  });

  it('do not wait for each other in circles, from two processes at once', async () => {
    const other = connect({
      url: test.url,
      poolMax: 4,
      applicationName: 'handsel-test-other',
      patienceMs: PATIENCE_MS,
    });
    const entries = Array.from({ length: 200 }, () => newEntry(giveawayId));
    const ids = entries.map(({ id }) => id);
    const results = await Promise.all([
      outcomes(entries),
      Promise.allSettled(entries.toReversed().map((entry) => enterGiveaway(other, entry, cause))),
    ]);
    expect(results[0]).toEqual(ids);
    expect(results[1].map(({ status }) => status)).toEqual(ids.map(() => 'fulfilled'));
    await other.destroy();
  });

  it('that the database cannot take at all fail alone', async () => {
    const wrong = newEntry(giveawayId, { salt: 'not hex' });
    const right = newEntry(giveawayId);
    const results = await Promise.allSettled([enter(wrong), enter(right)]);
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  });
});
