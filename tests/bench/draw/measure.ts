import fs from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { drawGiveawayActivities } from '../../../activities/giveaway/draw-giveaway.ts';
import type { Database } from '../../../db/connect.ts';
import { connectionSettings } from '../../../db/copy-rows.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createProofSigner } from '../../../runtime/proof-signer.ts';
import { streamFromThread } from '../../../runtime/run-in-thread.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { verifyFile } from '../../../scripts/verify/verify-file.ts';
import { cause } from '../../support/cards.ts';
import { openBenchGiveaway } from '../entries/open-giveaway.ts';
import { copyDatabase, dropDatabase, withClient, withDatabase } from '../harness/databases.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { watchLoop } from '../harness/watch-loop.ts';
import { judge, type Bench, type Figure, type Measure } from '../measure.ts';
import { fillEntries } from './fill-entries.ts';
import { measureFloors } from './floors.ts';

const SIZES = { full: { large: 1_000_000, small: 100_000 }, quick: { large: 2_000, small: 200 } } as const;
const POOL_MAX = 2;
/** Ten times the entries: in proportion, and a tenth more. */
const GROWTH = 11;
/** A round of a million takes a minute: more of them would say little more. */
const MAX_ROUNDS = 3;
const MAX_HELD_MS = 50;

export const draw: Measure = {
  name: 'draw',
  summary:
    'a draw from the freeze to the saved ranking, and its verification, against reading its rows and hashing its leaves',
  run: async (bench): Promise<readonly Figure[]> => {
    const { large, small } = bench.quick ? SIZES.quick : SIZES.full;
    const [ofLarge, ofSmall] = [await measureSize(bench, large), await measureSize(bench, small)];
    return [
      judge({
        name: `draw.${large}`,
        unit: 'seconds',
        figure: ofLarge.drawSeconds,
        peer: ofLarge.floorSeconds,
        goal: { of: 'ratio', atMost: 1 / 0.7 },
      }),
      judge({ name: `draw.${small}`, unit: 'seconds', figure: ofSmall.drawSeconds, peer: ofSmall.floorSeconds }),
      judge({ name: 'draw.commit', unit: 'seconds', figure: ofLarge.commitSeconds, peer: ofLarge.floorSeconds }),
      judge({
        name: 'draw.growth',
        unit: `seconds, ${large} entries of ${small}`,
        figure: ofLarge.drawSeconds,
        peer: ofSmall.drawSeconds,
        goal: { of: 'ratio', atMost: GROWTH },
      }),
      judge({
        name: 'draw.verify',
        unit: 'seconds, of those of the draw',
        figure: ofLarge.verifySeconds,
        peer: ofLarge.drawSeconds,
        goal: { of: 'ratio', atMost: 2 },
      }),
      judge({
        name: 'draw.held',
        unit: 'ms that the event loop was held at most',
        figure: ofLarge.heldMs,
        goal: { of: 'figure', atMost: MAX_HELD_MS },
      }),
      judge({ name: 'draw.held.work', unit: 'ms that it computed in one turn', figure: ofLarge.workMs }),
    ];
  },
};

interface SizeFigures {
  readonly drawSeconds: number;
  /** The part of it until the commitment is saved. */
  readonly commitSeconds: number;
  readonly floorSeconds: number;
  readonly verifySeconds: number;
  /** In the median of the rounds, as the next one. */
  readonly heldMs: number;
  readonly workMs: number;
}

/** A draw happens once: each round draws in a copy of its own. */
async function measureSize({ stack, rounds, tell }: Bench, count: number): Promise<SizeFigures> {
  const base = `draw_${count}`;
  const giveawayId = await prepare(stack, base, count);
  tell(`a giveaway with ${count} entries is frozen`);
  const turns = await takeTurns(Math.min(rounds, MAX_ROUNDS), {
    ours: async (round) => {
      const url = await copyDatabase(stack, base, `${base}_${round}`);
      const times = await withDatabase(url, POOL_MAX, async (db) => ({
        ...(await timeDraw(db, stack, giveawayId)),
        verify: await timeVerification(db, stack, giveawayId),
      }));
      await dropDatabase(stack, `${base}_${round}`);
      return times;
    },
    peer: async (round) => {
      const url = await copyDatabase(stack, base, `${base}_${round}_floors`);
      const floors = await withClient(url, (client) => measureFloors(client, giveawayId));
      await dropDatabase(stack, `${base}_${round}_floors`);
      tell(`round ${round}: reading ${floors.readSeconds.toFixed(1)} s, hashing ${floors.hashSeconds.toFixed(1)} s`);
      return { total: floors.readSeconds + floors.hashSeconds, commit: 0, verify: 0, heldMs: 0, workMs: 0 };
    },
  });
  await dropDatabase(stack, base);
  const ofOurs = (pick: (times: Times) => number): number => median(turns.ours.map(pick));
  return {
    drawSeconds: ofOurs(({ total }) => total),
    commitSeconds: ofOurs(({ commit }) => commit),
    floorSeconds: median(turns.peer.map(({ total }) => total)),
    verifySeconds: ofOurs(({ verify }) => verify),
    heldMs: ofOurs(({ heldMs }) => heldMs),
    workMs: ofOurs(({ workMs }) => workMs),
  };
}

interface Times {
  readonly total: number;
  readonly commit: number;
  readonly verify: number;
  readonly heldMs: number;
  readonly workMs: number;
}

async function prepare(stack: Stack, name: string, count: number): Promise<string> {
  const url = await copyDatabase(stack, 'giveaway', name);
  const secrets = createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS);
  const giveawayId = await withDatabase(url, 1, (db) => openBenchGiveaway(db, secrets));
  await withClient(url, (client) => fillEntries(client, giveawayId, count));
  return giveawayId;
}

/** The activities that a giveaway's workflow calls after the freeze, one after the other. */
async function timeDraw(db: Database, stack: Stack, giveawayId: string): Promise<Omit<Times, 'verify'>> {
  const config = loadConfig(['draws'], stack.environment);
  const { commitDraw, drawGiveaway } = drawGiveawayActivities({
    db,
    secrets: createSecretBox(config.DRAW_SECRET_KEYS),
    signer: createProofSigner(config.PROOF_SIGNING_KEY),
    heartbeat: () => {},
  });
  const input = { giveawayId, ...cause };
  const held = watchLoop();
  const startedAt = performance.now();
  await commitDraw(input);
  const committedAt = performance.now();
  await drawGiveaway(input);
  const total = (performance.now() - startedAt) / 1_000;
  return { total, commit: (committedAt - startedAt) / 1_000, ...held() };
}

/** The command's own thread, over the proof as it is served. */
async function timeVerification(db: Database, stack: Stack, giveawayId: string): Promise<number> {
  const file = path.join(stack.runDir, 'proof.json');
  const connection = connectionSettings(db);
  await pipeline(
    streamFromThread(new URL('../../../api/giveaway/proof.thread.ts', import.meta.url), { connection, giveawayId }),
    fs.createWriteStream(file),
  );
  const startedAt = performance.now();
  const result = await verifyFile(file, {});
  const seconds = (performance.now() - startedAt) / 1_000;
  fs.rmSync(file);
  if (!result.ok) throw new Error(`The proof fails at ${result.step}: ${result.reason}`);
  return seconds;
}
