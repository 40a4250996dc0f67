import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createInstantWinQueue, type InstantWinQueue } from '../../api/giveaway/instant-win-queue.ts';
import { connect } from '../../db/connect.ts';
import { checkGiveaways } from '../../db/giveaway/audit.ts';
import { countInstantWin, type AttemptToWin, type InstantWinAnswer } from '../../db/giveaway/claim-instant-win.ts';
import { createAdmissionGate, GATE_OPTIONS } from '../../runtime/admission-gate.ts';
import { Processes } from '../../scripts/stack/processes.ts';
import { startRedis } from '../../scripts/stack/redis.ts';
import { delay, freePort } from '../../scripts/stack/run.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { readAwards } from '../support/draws.ts';
import { openInstantWin, readyAttempts } from '../support/instant-wins.ts';

const UNITS = 7;
const ATTEMPTS = 60;
/** Short times, so that what ends by them ends in a test. */
const OPTIONS = { ...GATE_OPTIONS, headroom: 5, leaseMs: 400, beliefMs: 1_000, restMs: 200 };

describe('the queue of instant wins, whatever happens to Redis', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-gate-'));
  const crashes: string[] = [];
  const processes = new Processes(folder, (message) => crashes.push(message));
  let port: number;
  let admin: Redis;
  let test: TestDatabase;
  /** Two processes of the API would each have a connection and a queue. */
  let clients: Redis[];

  const connectRedis = (): Redis => {
    const redis = new Redis({ host: '127.0.0.1', port, maxRetriesPerRequest: 1, retryStrategy: () => 50 });
    redis.on('error', () => {});
    return redis;
  };
  const queues = () => clients.map((redis) => createInstantWinQueue(test.db, createAdmissionGate(redis, OPTIONS)));

  /** Who is told to come again does. */
  async function insist(queue: InstantWinQueue, giveawayId: string, attempt: AttemptToWin): Promise<InstantWinAnswer> {
    for (;;) {
      const answer = await queue.claim(giveawayId, attempt);
      if (!('code' in answer && answer.code === 'instant_win_busy')) return answer;
    }
  }

  /** Everybody at once, to either process. @returns what came of it, by entry. */
  async function rush(
    giveawayId: string,
    attempts: readonly AttemptToWin[],
    meanwhile: () => Promise<unknown> = () => Promise.resolve(),
  ): Promise<InstantWinAnswer[]> {
    const [one, other] = queues();
    if (!one || !other) throw new Error('there are two');
    const claim = async (attempt: AttemptToWin, index: number): Promise<InstantWinAnswer> => {
      await delay(index * 3);
      return insist(index % 2 === 0 ? one : other, giveawayId, attempt);
    };
    const [answers] = await Promise.all([Promise.all(attempts.map(claim)), meanwhile()]);
    return answers;
  }

  async function expectExactly(giveawayId: string, answers: readonly InstantWinAnswer[]): Promise<void> {
    const won = answers.flatMap((answer) => ('attempt' in answer && answer.attempt.unitId ? [answer.attempt] : []));
    const refused = answers.flatMap((answer) => ('code' in answer ? [answer.code] : []));
    expect(won).toHaveLength(UNITS);
    expect(new Set(won.map(({ unitId }) => unitId)).size).toBe(UNITS);
    expect(new Set(refused)).toEqual(new Set(['instant_win_sold_out']));
    expect(won.length + refused.length).toBe(answers.length);
    const awards = await readAwards(test.db, giveawayId);
    expect(awards).toHaveLength(UNITS);
    expect(new Set(awards.map(({ id }) => id))).toEqual(new Set(won.map(({ awardId }) => awardId)));
    expect(await countInstantWin(test.db, giveawayId)).toEqual({ attemptCount: UNITS, unitsLeft: 0 });
  }

  const repeatedly = (times: number, work: () => Promise<unknown>) => async (): Promise<void> => {
    for (let n = 0; n < times; n += 1) {
      await work();
      await delay(10);
    }
  };

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    port = await freePort();
    await startRedis(processes, folder, port);
    admin = connectRedis();
    clients = [connectRedis(), connectRedis()];
  });
  afterAll(async () => {
    for (const redis of [admin, ...clients]) redis.disconnect();
    await processes.kill('redis');
    await test.drop();
    fs.rmSync(folder, { recursive: true, force: true });
    if (crashes.length > 0) throw new Error(crashes.join('\n'));
  });

  it.each<[string, () => Promise<unknown>]>([
    ['nothing', () => Promise.resolve()],
    ['FLUSHALL, again and again', repeatedly(20, () => admin.flushall())],
    ['SCRIPT FLUSH, again and again', repeatedly(20, () => admin.script('FLUSH'))],
    [
      'a memory that is full',
      () =>
        admin
          .config('SET', 'maxmemory', '1')
          .then(() => delay(150))
          .then(() => admin.config('SET', 'maxmemory', '0')),
    ],
    [
      'a kill and a restart',
      async () => {
        await delay(20);
        await processes.kill('redis');
        await delay(100);
        await startRedis(processes, folder, port);
      },
    ],
  ])('gives every unit once: %s', async (_what, meanwhile) => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    await expectExactly(
      giveawayId,
      await rush(giveawayId, await readyAttempts(test.db, giveawayId, ATTEMPTS), meanwhile),
    );
  });

  it.each([
    ['more is left than there is', '1000'],
    ['nothing is left', '0'],
    ['nonsense', 'nonsense'],
  ])('gives every unit once where Redis believes that %s', async (_what, belief) => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    const attempts = await readyAttempts(test.db, giveawayId, ATTEMPTS);
    await admin.set(`handsel:gate:{${giveawayId}}:left`, belief);
    await expectExactly(giveawayId, await rush(giveawayId, attempts));
  });

  it('gives every unit once where a replica takes over that has not heard of the last ones', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    const attempts = await readyAttempts(test.db, giveawayId, ATTEMPTS);
    const beside = path.join(folder, 'replica');
    fs.mkdirSync(beside);
    const replicas = new Processes(beside, (message) => crashes.push(message));
    const replicaPort = await freePort();
    await startRedis(replicas, beside, replicaPort);
    const replica = new Redis({ host: '127.0.0.1', port: replicaPort });
    const own = clients;
    try {
      // What is believed outlives the time until the replica hears of it.
      const lasting = createAdmissionGate(own[0] as Redis, { ...OPTIONS, beliefMs: 600_000 });
      const one = createInstantWinQueue(test.db, lasting);
      await admin.config('SET', 'repl-diskless-sync-delay', '0');
      await replica.replicaof('127.0.0.1', port);
      const first = [await one.claim(giveawayId, attempts[0] as AttemptToWin)];
      const key = `handsel:gate:{${giveawayId}}:left`;
      // Its link may be up for a second before it hears of anything.
      const heard = async (): Promise<string | null> => {
        await lasting.learn(giveawayId, UNITS - first.length);
        return replica.get(key);
      };
      await expect.poll(heard).not.toBeNull();
      // From here on it hears nothing; what it believes does not end either.
      await replica.replicaof('NO', 'ONE');
      await replica.persist(key);
      const stale = await replica.get(key);
      for (const attempt of attempts.slice(1, 4)) first.push(await one.claim(giveawayId, attempt));
      expect(Number(stale)).toBeGreaterThan((await countInstantWin(test.db, giveawayId))?.unitsLeft ?? UNITS);
      clients = [replica, replica];
      await expectExactly(giveawayId, [...first, ...(await rush(giveawayId, attempts.slice(4)))]);
    } finally {
      clients = own;
      replica.disconnect();
      await replicas.kill('redis');
    }
  });

  it('lets in again when those who were let in are never heard of', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    const attempts = await readyAttempts(test.db, giveawayId, ATTEMPTS);
    const patient = { ...OPTIONS, patienceMs: 10_000, leaseMs: 5_000, beliefMs: 60_000 };
    const gate = createAdmissionGate(clients[0] as Redis, patient);
    await gate.learn(giveawayId, UNITS);
    expect(await gate.admit(giveawayId, 'dead', 1_000)).toEqual({ admitted: UNITS + OPTIONS.headroom, left: UNITS });
    expect(await gate.admit(giveawayId, 'next', 1)).toEqual({ admitted: 0, left: UNITS });
    await expectExactly(giveawayId, await rush(giveawayId, attempts));
  });

  it('says that nothing is left only when the database has said so, and repeats first answers then', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    const attempts = await readyAttempts(test.db, giveawayId, ATTEMPTS);
    const [queue] = queues();
    if (!queue) throw new Error('there are two');
    const answers = await Promise.all(attempts.map((attempt) => insist(queue, giveawayId, attempt)));
    await expectExactly(giveawayId, answers);
    expect(await Promise.all(attempts.map((attempt) => queue.claim(giveawayId, attempt)))).toEqual(answers);
  });

  it('passes on that the database is away, and the same attempt wins afterwards', async () => {
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, 1);
    const [attempt] = await readyAttempts(test.db, giveawayId, 1);
    if (!attempt) throw new Error('an entry was made');
    // With the product's own limits.
    const db = connect({ url: test.url, poolMax: 2, applicationName: 'handsel-test-limits' });
    const queue = createInstantWinQueue(db, createAdmissionGate(clients[0] as Redis, OPTIONS));
    const lock = await test.db.transaction();
    await lock.raw('select from giveaway_instant_wins where giveaway_id = ? for update', [giveawayId]);
    await expect(queue.claim(giveawayId, attempt)).rejects.toThrow(/timeout/);
    await lock.rollback();
    expect(await queue.claim(giveawayId, attempt)).toMatchObject({ attempt: { number: 1 } });
    await db.destroy();
  });

  it('gives every unit once without Redis, and keeps the invariants', async () => {
    await processes.kill('redis');
    const giveawayId = await openInstantWin(test.db, { by: 'first_come' }, UNITS);
    await expectExactly(giveawayId, await rush(giveawayId, await readyAttempts(test.db, giveawayId, ATTEMPTS)));
    expect((await checkGiveaways(test.db)).filter(({ broken }) => broken > 0)).toEqual([]);
  });
});
