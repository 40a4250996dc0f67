import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { mixedOperations, underLoad } from '../load.ts';
import type { Outcome, Run, Scenario } from '../scenario.ts';

const SPREAD_MS = 6_000;
const FULL_MS = 5_000;
const SIZE = '400m';
const PIECE = Buffer.alloc(1 << 20);

/** The database's disk fills up under a mixed load: it refuses, or ends; then there is space again. */
export const diskFull: Scenario = {
  name: 'disk-full',
  summary: 'the disk of PostgreSQL full under a mixed load, then with space again',
  run: async (run) => {
    const { stack } = run.stand;
    const data = path.join(stack.runDir, 'postgres');
    const why = await moveToSmallDisk(stack, data);
    if (why !== undefined) return { points: 0, problems: [], skipped: why };
    try {
      return await fillUnderLoad(run, data);
    } finally {
      await moveBack(stack, data);
    }
  },
};

async function fillUnderLoad({ stand, world, random, quick }: Run, data: string): Promise<Outcome> {
  const { stack } = stand;
  const operations = await mixedOperations(world, quick ? 1 : 2, random);
  const problems = await underLoad(operations, SPREAD_MS, async () => {
    await delay(random.between(500, SPREAD_MS / 2));
    const ballast = path.join(data, 'ballast');
    fill(ballast);
    await delay(FULL_MS);
    fs.rmSync(ballast);
    // Without space for its log it ends; a supervisor starts it again.
    await delay(1_000);
    if (!stack.processes.isRunning('postgres')) await stack.restart('postgres');
  });
  return { points: 1, problems };
}

/** @returns why it cannot be done here. */
async function moveToSmallDisk(stack: Stack, data: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'a small disk can be mounted by root only';
  const { uid, gid } = fs.statSync(data);
  await stack.kill('postgres', 'SIGINT');
  const aside = `${data}.aside`;
  fs.renameSync(data, aside);
  fs.mkdirSync(data, { mode: 0o700 });
  const mounted = spawnSync(
    'mount',
    ['-t', 'tmpfs', '-o', `size=${SIZE},mode=700,uid=${uid},gid=${gid}`, 'tmpfs', data],
    {
      encoding: 'utf8',
    },
  );
  if (mounted.status !== 0) {
    fs.rmdirSync(data);
    fs.renameSync(aside, data);
    await stack.restart('postgres');
    return `no small disk could be mounted: ${mounted.stderr.trim()}`;
  }
  spawnSync('cp', ['-a', `${aside}/.`, data]);
  fs.rmSync(aside, { recursive: true });
  await stack.restart('postgres');
  return undefined;
}

/** The run folder is removed as a whole: nothing may be mounted in it then. */
async function moveBack(stack: Stack, data: string): Promise<void> {
  await stack.kill('postgres', 'SIGINT');
  const aside = `${data}.aside`;
  spawnSync('cp', ['-a', data, aside]);
  spawnSync('umount', [data]);
  fs.rmdirSync(data);
  fs.renameSync(aside, data);
  await stack.restart('postgres');
}

function fill(file: string): void {
  const handle = fs.openSync(file, 'w');
  try {
    for (;;) fs.writeSync(handle, PIECE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    fs.closeSync(handle);
  }
}
