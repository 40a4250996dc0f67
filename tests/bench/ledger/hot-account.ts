import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { onDatabase, query } from '../../../scripts/stack/postgres.ts';
import { copyDatabase, dropDatabase, withDatabase } from '../harness/databases.ts';
import { figuresOf, runLoad } from '../harness/run-load.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Bench, type Figure } from '../measure.ts';
import { payHot, setHotScene, sourceOf, type HotScene } from './hot-scene.ts';
import { createNaiveLedger, naiveTransfer } from './naive-transfer.ts';

const CALLERS = [25, 100] as const;
const ROUND_MS = { full: 4_000, quick: 500 } as const;
const PLENTY_MINOR = 1_000_000_000n;

/** As many as a process of ours keeps (DATABASE_POOL_MAX): both sides queue for a connection, and that counts. */
const CONNECTIONS = 20;

/** All callers pay into one account, each from another one: nobody waits for anything but the hot row. */
export async function measureHotAccount(bench: Bench): Promise<readonly Figure[]> {
  const { stack } = bench;
  const oursUrl = await copyDatabase(stack, 'giftcard', 'hot_ours');
  await query(stack.databaseAdminUrl, 'create database hot_peer');
  const peerUrl = onDatabase(stack.databaseAdminUrl, 'hot_peer');
  const scene = await withDatabase(oursUrl, 1, setHotScene);
  await createNaiveLedger(peerUrl, [...scene.sources, scene.hot], PLENTY_MINOR);
  const figures: Figure[] = [];
  for (const callers of CALLERS) figures.push(...(await measureCallers(bench, { callers, oursUrl, peerUrl, scene })));
  for (const name of ['hot_ours', 'hot_peer']) await dropDatabase(stack, name);
  return figures;
}

interface HotRun {
  readonly callers: number;
  readonly oursUrl: string;
  readonly peerUrl: string;
  readonly scene: HotScene;
}

async function measureCallers(
  { rounds, quick, tell }: Bench,
  { callers, oursUrl, peerUrl, scene }: HotRun,
): Promise<readonly Figure[]> {
  tell(`one hot account, ${callers} callers, against the transaction of six round trips`);
  const durationMs = quick ? ROUND_MS.quick : ROUND_MS.full;
  const pool = new pg.Pool({ connectionString: peerUrl, max: CONNECTIONS });
  const turns = await withDatabase(oursUrl, CONNECTIONS, (db) =>
    takeTurns(rounds, {
      ours: () => runLoad({ callers, durationMs, call: (number) => payHot(db, scene, number) }),
      peer: () =>
        runLoad({
          callers,
          durationMs,
          call: (number) => {
            const debit = sourceOf(scene, number);
            return naiveTransfer(pool, { id: randomUUID(), debit, credit: scene.hot, amountMinor: 1n });
          },
        }),
    }),
  );
  await pool.end();
  const [ours, peer] = [figuresOf(turns.ours), figuresOf(turns.peer)];
  const name = `ledger.hot-${callers}`;
  return [
    judge({
      name,
      unit: 'per second',
      figure: ours.callsPerSecond,
      peer: peer.callsPerSecond,
      goal: { of: 'ratio', atLeast: 5 },
    }),
    judge({ name: `${name}.p50`, unit: 'ms', figure: ours.p50Ms, peer: peer.p50Ms }),
    judge({
      name: `${name}.p99`,
      unit: 'ms',
      figure: ours.p99Ms,
      peer: peer.p99Ms,
      goal: { of: 'figure', atMost: 40 },
    }),
  ];
}
