import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { Redis } from 'ioredis';
import { delay, until } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { mixedOperations, underLoad } from '../load.ts';
import type { Run, Scenario } from '../scenario.ts';

const SPREAD_MS = 6_000;
/** How long a server is away. */
const DOWN_MS = 1_500;
const ROUNDS = 3;

/** Breaks a server some times while operations of every kind go on, at moments that the seed gives. */
const whileMoneyMoves = (
  name: string,
  summary: string,
  breakIt: (stack: Stack, round: number) => Promise<void>,
): Scenario => ({
  name,
  summary,
  run: async ({ stand, world, random, quick }: Run) => {
    const rounds = quick ? 1 : ROUNDS;
    const problems: string[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const operations = await mixedOperations(world, quick ? 1 : 2, random);
      const found = await underLoad(operations, SPREAD_MS, async () => {
        await delay(random.between(500, SPREAD_MS));
        await breakIt(stand.stack, round);
      });
      problems.push(...found);
    }
    return { points: rounds, problems };
  },
});

/** Children of a process; those of a killed PostgreSQL end by themselves, but not at once. */
const childrenOf = (pid: number): number[] => {
  try {
    return execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' })
      .trim()
      .split(/\s+/)
      .map(Number);
  } catch {
    return [];
  }
};

/** Stopped at once, and started. @param signal SIGQUIT ends it without a checkpoint, SIGKILL without anything. */
async function crashPostgres(stack: Stack, signal: 'SIGQUIT' | 'SIGKILL'): Promise<void> {
  const children = childrenOf(stack.processes.pidOf('postgres'));
  await stack.kill('postgres', signal);
  await until('the end of PostgreSQL', 60_000, () => {
    const alive = children.filter((pid) => fs.existsSync(`/proc/${pid}`));
    return alive.length === 0 ? Promise.resolve() : Promise.reject(new Error(`${alive.length} of its processes live`));
  });
  await delay(DOWN_MS);
  await stack.restart('postgres');
}

async function crashAndRestart(stack: Stack, name: 'temporal' | 'redis'): Promise<void> {
  await stack.kill(name);
  await delay(DOWN_MS);
  await stack.restart(name);
}

async function flushRedis({ environment }: Stack): Promise<void> {
  const redis = new Redis(environment['REDIS_URL'] ?? '');
  await redis.flushall();
  redis.disconnect();
}

export const postgresCrashes = whileMoneyMoves(
  'postgres-crashes',
  'PostgreSQL stopped at once (SIGQUIT) and killed (-9) under a mixed load, and started again',
  (stack, round) => crashPostgres(stack, round % 2 === 0 ? 'SIGQUIT' : 'SIGKILL'),
);

export const temporalCrashes = whileMoneyMoves(
  'temporal-crashes',
  'the Temporal server killed under a mixed load, and started again',
  (stack) => crashAndRestart(stack, 'temporal'),
);

export const redisLost = whileMoneyMoves(
  'redis-lost',
  'Redis flushed, and killed and started empty, under a mixed load',
  (stack, round) => (round % 2 === 0 ? flushRedis(stack) : crashAndRestart(stack, 'redis')),
);

const PARTS = ['giveaway-api', 'giftcard-api', 'worker', 'gateway', 'payments-simulator', 'airtime-simulator'] as const;

export const everythingCrashes = whileMoneyMoves(
  'everything-crashes',
  'PostgreSQL, Temporal, Redis, both providers and all processes of ours killed at the same moment under a mixed load',
  async (stack) => {
    await Promise.all([...PARTS.map((name) => stack.kill(name)), stack.kill('temporal'), stack.kill('redis')]);
    await crashPostgres(stack, 'SIGKILL');
    await Promise.all([stack.restart('temporal'), stack.restart('redis')]);
    await Promise.all(PARTS.map((name) => stack.restart(name)));
  },
);
