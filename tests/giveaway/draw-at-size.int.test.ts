import { performance } from 'node:perf_hooks';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawGiveawayActivities } from '../../activities/giveaway/draw-giveaway.ts';
import { connectionSettings, withConnection } from '../../db/copy-rows.ts';
import { CLAIMS_PER_BATCH, expireClaims } from '../../db/giveaway/expire-claims.ts';
import { countRanked } from '../../db/giveaway/draw-giveaway.ts';
import { verifyProofLines } from '../../domain/proof/verify-proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import { streamFromThread } from '../../runtime/run-in-thread.ts';
import { textLines } from '../../runtime/text-lines.ts';
import { fillEntries } from '../bench/draw/fill-entries.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { prizeUnits } from '../support/draws.ts';
import { openTestGiveaway, testSecrets } from '../support/giveaways.ts';
import { KEY_ID, publicKey, signHex } from './draw/build-draw.ts';

const ENTRIES = 100_000;
const PRIZES = 10_000;
const cause = { actor: 'system', requestId: 'test' };
const MEBIBYTE = 2 ** 20;

const micros = ({ user, system }: NodeJS.CpuUsage): number => user + system;

/** Of all that the process computes from now on, the share of this thread: however long it has to wait for the machine. */
function watchWork(): () => number {
  const [own, all] = [process.threadCpuUsage(), process.cpuUsage()];
  return () => micros(process.threadCpuUsage(own)) / micros(process.cpuUsage(all));
}

const proofThread = new URL('../../api/giveaway/proof.thread.ts', import.meta.url);

describe('a draw of 100,000 entries and 10,000 prizes', () => {
  let test: TestDatabase;
  let giveawayId: string;
  const draw = (step: 'commitDraw' | 'drawGiveaway') =>
    drawGiveawayActivities({
      db: test.db,
      secrets: testSecrets,
      signer: { keyId: KEY_ID, publicKey, sign: signHex },
      heartbeat: () => {},
    })[step]({ giveawayId, ...cause });
  const proof = () => streamFromThread(proofThread, { connection: connectionSettings(test.db), giveawayId });
  const untimed = (text: string, values: readonly unknown[] = []) =>
    withConnection(connectionSettings(test.db), (client) => client.query(text, [...values]));
  const awards = async (): Promise<unknown[]> =>
    (
      await test.db.raw(
        'select state, count(*)::int, min(rank) as first, max(rank) as last from giveaway_awards group by state order by state',
      )
    ).rows;

  beforeAll(async () => {
    test = await createTestDatabase('giveaway');
    giveawayId = await openTestGiveaway(test.db, {
      claimWindowMs: 86_400_000,
      prizes: prizeUnits({ Card: PRIZES }),
    });
    const client = new pg.Client({ connectionString: test.url });
    await client.connect();
    await fillEntries(client, giveawayId, ENTRIES);
    await client.end();
  });
  afterAll(() => test.drop());

  it('leaves the process to its other work, and in the memory that it had', async () => {
    const before = process.memoryUsage().rss;
    const ownShare = watchWork();
    await draw('commitDraw');
    const committed = process.memoryUsage().rss;
    expect(ownShare()).toBeLessThan(0.3);
    expect((committed - before) / MEBIBYTE).toBeLessThan(250);
  });

  it('is refused when an entry is not what was committed to, and nothing is saved', async () => {
    const [entry] = await test
      .db('giveaway_entries')
      .where({ giveaway_id: giveawayId, weight: 1 })
      .limit(1)
      .select('id');
    const weigh = (weight: number) => test.db('giveaway_entries').where({ id: entry.id }).update({ weight });
    await weigh(2);
    await expect(draw('drawGiveaway')).rejects.toThrow('The weights add up to');
    const commitment = test
      .db('giveaway_participants')
      .where({ participant_id: test.db('giveaway_entries').where({ id: entry.id }).select('participant_id') });
    await weigh(1);
    const [{ commitment: original }] = await commitment.clone().select('commitment');
    await commitment.clone().update({ commitment: Buffer.alloc(32, 7) });
    await expect(draw('drawGiveaway')).rejects.toThrow('which is not the committed one');
    await commitment.clone().update({ commitment: original });
    expect(await countRanked(test.db, giveawayId)).toBe(0);
    expect(await awards()).toEqual([]);
  });

  it('ranks everybody once, awards the first ranks, and does so again without a difference', async () => {
    const ownShare = watchWork();
    await draw('drawGiveaway');
    expect(ownShare()).toBeLessThan(0.3);
    await draw('drawGiveaway');
    expect(await countRanked(test.db, giveawayId)).toBe(ENTRIES);
    expect(await awards()).toEqual([{ state: 'NOTIFIED', count: PRIZES, first: 1, last: PRIZES }]);
    // Without the pool's time-out: these statements are the test's own.
    const { rows } = await untimed('select count(distinct participant_id) from ranked_participants($1, 1, 1, 50000)', [
      giveawayId,
    ]);
    expect(Number(rows[0].count)).toBe(50_000);
    const [event] = await test.db('domain_events').where({ type: 'giveaway.drawn' }).select('payload');
    expect(event.payload).toMatchObject({ winnerCount: PRIZES });
    expect(event.payload.winners).toHaveLength(100);
  });

  it('cannot be ranked anew', async () => {
    const pages = test.db('giveaway_ranking_pages').where({ giveaway_id: giveawayId, first_rank: 1 });
    await expect(pages.clone().update({ commitments: Buffer.alloc(32) })).rejects.toThrow('is fixed');
    await expect(pages.clone().delete()).rejects.toThrow('is fixed');
  });

  it('has a proof that is written and checked as a stream, and whose changed bytes are found', async () => {
    const idle = performance.eventLoopUtilization();
    let bytes = 0;
    const counted = async function* (change: number) {
      for await (const chunk of proof() as AsyncIterable<Buffer>) {
        if (change >= bytes && change < bytes + chunk.length) chunk[change - bytes]! ^= 1;
        bytes += chunk.length;
        yield chunk;
      }
    };
    const result = await verifyProofLines(textLines(counted(-1)), drawCrypto, { trustedKey: publicKey });
    expect(result).toMatchObject({ ok: true });
    expect(result.statements.map(({ text }) => text)).toContain(
      `The ranking of all ${ENTRIES} participants follows from the seed.`,
    );
    expect(performance.eventLoopUtilization(idle).utilization).toBeGreaterThan(0);
    const size = bytes;
    for (const share of [0.001, 0.4, 0.8, 0.999]) {
      bytes = 0;
      expect(await verifyProofLines(textLines(counted(Math.floor(share * size))), drawCrypto)).toMatchObject({
        ok: false,
      });
    }
  });

  it('passes unclaimed prizes on in batches, in the order of the ranks', async () => {
    await test
      .db('giveaway_awards')
      .where('rank', '>', 100)
      .update({ claim_expires_at: new Date(0) });
    let batches = 0;
    for (let more = true; more; batches += 1)
      more = (await expireClaims(test.db, giveawayId, cause)).nextExpiryInMs === 0;
    expect(batches).toBe(Math.ceil((PRIZES - 100) / CLAIMS_PER_BATCH));
    expect(await awards()).toEqual([
      { state: 'EXPIRED', count: PRIZES - 100, first: 101, last: PRIZES },
      { state: 'NOTIFIED', count: PRIZES, first: 1, last: PRIZES + PRIZES - 100 },
    ]);
  });
});
