import { delay } from '../../../scripts/stack/run.ts';
import type { Flow } from '../flows/flow.ts';
import { untilSaid } from '../patience.ts';
import { Random } from '../random.ts';
import type { Run } from '../scenario.ts';
import type { Process } from '../stand.ts';

/** So often it is counted at most what an operation meets. */
const MOST_COUNTS = 5;
/** A service hears of an operation a moment after it has ended. */
const ALL_TOLD_MS = 5_000;

/**
 * What every operation meets when nothing breaks: a slow call that is made again is a point that others do not have, so it
 * is counted until two in a row have met the same.
 */
export async function countPoints(flow: Flow, process: Process, run: Run): Promise<readonly string[]> {
  const counts: string[] = [];
  while (counts.length < MOST_COUNTS) {
    const met = await countOnce(flow, process, run);
    const all = met.toSorted().join('; ');
    if (all === counts.at(-1)) return met;
    counts.push(all);
  }
  throw new Error(`${flow.name} met something else each of ${MOST_COUNTS} times:\n${counts.join('\n')}`);
}

async function countOnce(flow: Flow, process: Process, { world, seed, stand }: Run): Promise<readonly string[]> {
  // Of its own: how often it is counted does not change what follows from the seed.
  const [operation] = await flow.make(world, 1, new Random(seed));
  if (!operation) throw new Error(`${flow.name} made nothing`);
  const strikes = stand.strikes[process];
  strikes.forget();
  strikes.follow(flow.name, operation.ids);
  await operation.begin();
  await untilSaid(`${flow.name} without a fault`, operation.ended);
  if (process !== 'worker') await delay(ALL_TOLD_MS);
  return [...strikes.met(flow.name)];
}
