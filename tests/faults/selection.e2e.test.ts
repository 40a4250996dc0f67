import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitAtMost } from './patience.ts';
import { runSeed } from './run-scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';
import { Stand } from './stand.ts';

const ALL_POINTS = { first: 1, last: Number.MAX_SAFE_INTEGER };

/** A part of what `npm run faults` does, on one stand. */
describe('nothing is lost, doubled or stuck', () => {
  let stand: Stand;
  beforeAll(async () => {
    waitAtMost(300_000);
    stand = await Stand.raise();
  });
  afterAll(() => stand.lower());

  const holds = async (name: string, quick: boolean): Promise<void> => {
    const scenario = SCENARIOS.find((one) => one.name === name);
    if (!scenario) throw new Error(`There is no scenario ${name}`);
    const { points, problems } = await runSeed(scenario, { seed: 1, stand, quick, points: ALL_POINTS }, () => {});
    expect(problems).toEqual([]);
    expect(points).toBeGreaterThan(0);
  };

  it('by kill -9, lost requests and lost answers at every effect of a redemption and its payout', () =>
    holds('kill-redeem', false));
  it('by the same at some effects of a publish', () => holds('kill-publish', true));
  it('by many who want the same at the same moment', () => holds('at-once', true));
  it('by a crash of PostgreSQL under a mixed load', () => holds('postgres-crashes', true));
});
