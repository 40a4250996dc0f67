import fs from 'node:fs';
import path from 'node:path';
import { delay } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { mixedOperations, underLoad } from '../load.ts';
import type { Scenario } from '../scenario.ts';

const SPREAD_MS = 6_000;

/** Everything that Temporal knew is gone; the rows are not. The owner sweep starts again what has lost its workflow. */
export const temporalStoreLost: Scenario = {
  name: 'temporal-store-lost',
  summary: 'Temporal’s own store deleted under a mixed load and made anew: the owner sweep finds what was under way',
  settings: { OWNER_SWEEP_AFTER_MS: '5000', SWEEP_INTERVAL_MS: '3000' },
  run: async ({ stand, world, random, quick }) => {
    const operations = await mixedOperations(world, quick ? 1 : 2, random);
    const problems = await underLoad(operations, SPREAD_MS, async () => {
      await delay(random.between(1_500, SPREAD_MS));
      await loseStore(stand.stack);
    });
    return { points: 1, problems };
  },
};

async function loseStore(stack: Stack): Promise<void> {
  await stack.kill('temporal');
  for (const file of fs.readdirSync(stack.runDir)) {
    if (file.startsWith('temporal.db')) fs.rmSync(path.join(stack.runDir, file));
  }
  await stack.restart('temporal');
}
