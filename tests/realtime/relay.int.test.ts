import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { appendEvent } from '../../db/outbox/append-event.ts';
import { consumeEvents } from '../../db/outbox/read-events.ts';
import { connect, type Db } from '../../db/connect.ts';
import { waitFor } from '../../scripts/demo/watch.ts';
import { missedSince, pushMessage } from '../../realtime/rooms.ts';
import { createTestDatabase, PATIENCE_MS, testSetting, type TestDatabase } from '../support/database.ts';

const append = (db: Db, type: string): Promise<void> =>
  appendEvent(db, {
    aggregateType: 'giveaway',
    aggregateId: randomUUID(),
    type,
    payload: {},
    actor: 'system',
    correlationId: 'test',
  });

/** A transaction of any other test, in whatever database of the server, holds events back: until those have ended. */
const nothingHeldBack = (db: Db): Promise<void> =>
  waitFor('transactions that began earlier', async () => {
    const { rows } = (await db.raw(
      'select max(transaction_id) < pg_snapshot_xmin(pg_current_snapshot()) as passed from domain_events',
    )) as { rows: { passed: boolean }[] };
    return rows[0]?.passed === true;
  });

describe('the outbox', () => {
  let test: TestDatabase;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
  });
  afterAll(() => test.drop());

  async function consume(consumer: string): Promise<string[]> {
    const types: string[] = [];
    await consumeEvents(test.db, { consumer, limit: 100 }, (events) => {
      types.push(...events.map(({ type }) => type));
      return Promise.resolve();
    });
    return types;
  }

  it('waits for a transaction that began earlier and commits later, and loses nothing', async () => {
    const early = await test.db.transaction();
    await append(early, 'early');
    await append(test.db, 'late');
    expect(await consume('horizon')).toEqual([]);
    await early.commit();
    await nothingHeldBack(test.db);
    expect(await consume('horizon')).toEqual(['early', 'late']);
    expect(await consume('horizon')).toEqual([]);
  });

  it('delivers again what was not taken', async () => {
    await append(test.db, 'again');
    await nothingHeldBack(test.db);
    const refusing = consumeEvents(test.db, { consumer: 'again', limit: 100 }, () =>
      Promise.reject(new Error('redis is away')),
    );
    await expect(refusing).rejects.toThrow('redis is away');
    expect(await consume('again')).toContain('again');
  });

  it('lets one of two readers of the same name work', async () => {
    await consume('pair');
    await append(test.db, 'once');
    await nothingHeldBack(test.db);
    const both = await Promise.all([consume('pair'), consume('pair')]);
    expect([...both.flat(), ...(await consume('pair'))]).toEqual(['once']);
  });

  it('chains and numbers the events of an aggregate', async () => {
    const aggregateId = randomUUID();
    for (const type of ['a', 'b', 'c']) {
      await appendEvent(test.db, {
        aggregateType: 'x',
        aggregateId,
        type,
        payload: {},
        actor: 'system',
        correlationId: 'test',
      });
    }
    const rows = await test
      .db('domain_events')
      .where({ aggregate_id: aggregateId })
      .orderBy('version')
      .select<{ version: number; hash: Buffer; previous_hash: Buffer | null }[]>('version', 'hash', 'previous_hash');
    expect(rows.map(({ version }) => version)).toEqual([1, 2, 3]);
    expect(rows.map(({ previous_hash }) => previous_hash)).toEqual([null, rows[0]?.hash, rows[1]?.hash]);
  });

  it('looks for new ones past all that was delivered, without reading it', async () => {
    const many = 5_000;
    const db = connect({
      url: test.url,
      poolMax: 1,
      applicationName: 'handsel-test-outbox',
      patienceMs: PATIENCE_MS,
    });
    const look = (): Promise<number> =>
      consumeEvents(db, { consumer: 'far', limit: 2 * many }, () => Promise.resolve());
    const readSoFar = async (): Promise<bigint> => {
      await db.raw('select pg_stat_force_next_flush()');
      const { rows } = (await db.raw(
        `select seq_tup_read + idx_tup_fetch as count from pg_stat_user_tables where relname = 'domain_events'`,
      )) as { rows: { count: bigint }[] };
      return rows[0]?.count ?? -1n;
    };
    await db.raw(
      `insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
       select 'giveaway', gen_random_uuid(), 1, 'many', '{}', 'system', 'test', '' from generate_series(1, ?::int)`,
      [many],
    );
    await nothingHeldBack(db);
    expect(await look()).toBeGreaterThanOrEqual(many);
    await db.raw('analyze domain_events');
    const before = await readSoFar();
    for (let n = 0; n < 5; n += 1) expect(await look()).toBe(0);
    expect((await readSoFar()) - before).toBeLessThan(50n);
    await db.destroy();
  });
});

describe('a room', () => {
  const redis = new Redis(testSetting('REDIS_URL'));
  afterAll(() => redis.disconnect());

  const push = (room: string, seq: number): Promise<void> =>
    pushMessage(redis, { room, name: 'giveaway:phase', seq, body: { seq } });
  const missed = async (room: string, lastSeen: number) => {
    const { messages, gap } = await missedSince(redis, room, lastSeen);
    return { seqs: messages.map(({ seq }) => seq), gap };
  };

  it('keeps what a client missed, once, and in order', async () => {
    const room = `giveaway:${randomUUID()}`;
    for (const seq of [3, 4, 4, 3, 5]) await push(room, seq);
    expect(await missed(room, 3)).toEqual({ seqs: [4, 5], gap: false });
    expect(await missed(room, 5)).toEqual({ seqs: [], gap: false });
    expect(await missed(room, 0)).toEqual({ seqs: [3, 4, 5], gap: false });
  });

  it('says that something is missing after Redis was emptied', async () => {
    const room = `giveaway:${randomUUID()}`;
    await push(room, 3);
    // Of this room alone: all tests share the server.
    await redis.del(await redis.keys(`*${room}*`));
    expect(await missed(room, 3)).toEqual({ seqs: [], gap: true });
    await push(room, 6);
    expect(await missed(room, 3)).toEqual({ seqs: [6], gap: true });
  });
});
