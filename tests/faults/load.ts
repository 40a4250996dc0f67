import { delay } from '../../scripts/stack/run.ts';
import { carryThrough, type Flow, type NamedOperation } from './flows/flow.ts';
import { fund } from './flows/fund.ts';
import { publish } from './flows/publish.ts';
import { redeem } from './flows/redeem.ts';
import { refund } from './flows/refund.ts';
import { release } from './flows/release.ts';
import { vend } from './flows/vend.ts';
import { withdraw } from './flows/withdraw.ts';
import type { Random } from './random.ts';
import type { World } from './world.ts';

/** How many of each, for one part of a load. */
const MIX: readonly (readonly [Flow, number])[] = [
  [redeem, 4],
  [fund, 2],
  [withdraw, 2],
  [publish, 1],
  [refund, 1],
  [release, 1],
  [vend, 1],
];

/** Operations of every kind, in an order that the seed gives. */
export async function mixedOperations(world: World, parts: number, random: Random): Promise<NamedOperation[]> {
  const all: NamedOperation[] = [];
  for (const [flow, share] of MIX) {
    const made = await flow.make(world, share * parts, random);
    all.push(...made.map((operation, index) => ({ ...operation, name: `${flow.name} ${index + 1}` })));
  }
  return random.shuffle(all);
}

/**
 * Begins the operations spread over a time, breaks things meanwhile, and sees all of them to their end.
 * @param disturb ends with everything up again.
 */
export async function underLoad(
  operations: readonly NamedOperation[],
  spreadMs: number,
  disturb: () => Promise<void>,
): Promise<string[]> {
  const gap = spreadMs / Math.max(1, operations.length);
  const ends = operations.map(async (operation, index) => {
    await delay(gap * index);
    return carryThrough(operation);
  });
  const [problems] = await Promise.all([Promise.all(ends), disturb()]);
  return problems.flat();
}
