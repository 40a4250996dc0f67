import { drawGiveawayActivities } from '../../../activities/giveaway/draw-giveaway.ts';
import type { Database } from '../../../db/connect.ts';
import { loadConfig } from '../../../runtime/config.ts';
import { createProofSigner } from '../../../runtime/proof-signer.ts';
import { createSecretBox } from '../../../runtime/secret-box.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { cause } from '../../support/cards.ts';
import { openBenchGiveaway } from '../entries/open-giveaway.ts';
import { copyDatabase, dropDatabase, withClient, withDatabase } from '../harness/databases.ts';
import { median } from '../harness/statistics.ts';
import { takeTurns } from '../harness/take-turns.ts';
import { judge, type Bench, type Figure, type Measure } from '../measure.ts';
import { fillEntries } from './fill-entries.ts';
import { measureFloors } from './floors.ts';

const SIZES = { full: { large: 100_000, small: 10_000 }, quick: { large: 2_000, small: 200 } } as const;
const POOL_MAX = 2;
/** Ten times the entries: in proportion, and a tenth more. */
const GROWTH = 11;

export const draw: Measure = {
  name: 'draw',
  summary: 'a draw from the freeze to the saved proof, against reading its rows and hashing its leaves',
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
      judge({ name: 'draw.commit', unit: 'seconds', figure: ofLarge.commitSeconds, peer: ofLarge.floorSeconds }),
      judge({
        name: 'draw.growth',
        unit: `seconds, ${large} entries of ${small}`,
        figure: ofLarge.drawSeconds,
        peer: ofSmall.drawSeconds,
        goal: { of: 'ratio', atMost: GROWTH },
      }),
    ];
  },
};

interface SizeFigures {
  readonly drawSeconds: number;
  /** The part of it until the commitment is saved. */
  readonly commitSeconds: number;
  readonly floorSeconds: number;
}

/** A draw happens once: each round draws in a copy of its own. */
async function measureSize({ stack, rounds, tell }: Bench, count: number): Promise<SizeFigures> {
  const base = `draw_${count}`;
  const giveawayId = await prepare(stack, base, count);
  tell(`a giveaway with ${count} entries is frozen`);
  const turns = await takeTurns(rounds, {
    ours: async (round) => {
      const url = await copyDatabase(stack, base, `${base}_${round}`);
      const seconds = await withDatabase(url, POOL_MAX, (db) => timeDraw(db, stack, giveawayId));
      await dropDatabase(stack, `${base}_${round}`);
      return seconds;
    },
    peer: async (round) => {
      const url = await copyDatabase(stack, base, `${base}_${round}_floors`);
      const { readSeconds, hashSeconds } = await withClient(url, (client) => measureFloors(client, giveawayId));
      await dropDatabase(stack, `${base}_${round}_floors`);
      return { total: readSeconds + hashSeconds, commit: 0 };
    },
  });
  await dropDatabase(stack, base);
  return {
    drawSeconds: median(turns.ours.map(({ total }) => total)),
    commitSeconds: median(turns.ours.map(({ commit }) => commit)),
    floorSeconds: median(turns.peer.map(({ total }) => total)),
  };
}

async function prepare(stack: Stack, name: string, count: number): Promise<string> {
  const url = await copyDatabase(stack, 'giveaway', name);
  const secrets = createSecretBox(loadConfig(['draws'], stack.environment).DRAW_SECRET_KEYS);
  const giveawayId = await withDatabase(url, 1, (db) => openBenchGiveaway(db, secrets));
  await withClient(url, (client) => fillEntries(client, giveawayId, count));
  return giveawayId;
}

/** The activities that a giveaway's workflow calls after the freeze, one after the other. */
async function timeDraw(db: Database, stack: Stack, giveawayId: string): Promise<{ total: number; commit: number }> {
  const config = loadConfig(['draws'], stack.environment);
  const { commitDraw, drawGiveaway } = drawGiveawayActivities({
    db,
    secrets: createSecretBox(config.DRAW_SECRET_KEYS),
    signer: createProofSigner(config.PROOF_SIGNING_KEY),
    heartbeat: () => {},
  });
  const input = { giveawayId, ...cause };
  const startedAt = performance.now();
  await commitDraw(input);
  const committedAt = performance.now();
  await drawGiveaway(input);
  return { total: (performance.now() - startedAt) / 1_000, commit: (committedAt - startedAt) / 1_000 };
}
