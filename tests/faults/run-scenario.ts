import { say } from '../../scripts/stack/run.ts';
import type { Asked } from './asked.ts';
import { AuditWatch } from './proofs/audit-watch.ts';
import { prove } from './proofs/prove.ts';
import { Random } from './random.ts';
import type { Outcome, Run, Scenario } from './scenario.ts';
import { Stand } from './stand.ts';
import { openWorld, type World } from './world.ts';

/** For machines: its shape stays. */
export interface Result {
  readonly scenario: string;
  readonly seeds: number;
  readonly failedSeeds: readonly number[];
  readonly points: number;
  readonly seconds: number;
  readonly skipped?: string;
}

type Wanted = Pick<Asked, 'firstSeed' | 'seeds' | 'points' | 'quick'>;

/** All seeds of a scenario, on one stand; a seed that fails leaves what it broke behind, so the next gets a new one. */
export async function runScenario(scenario: Scenario, asked: Wanted): Promise<Result> {
  const startedAt = Date.now();
  const failedSeeds: number[] = [];
  let points = 0;
  let skipped: string | undefined;
  let stand: Stand | undefined;
  try {
    for (let seed = asked.firstSeed; seed < asked.firstSeed + asked.seeds; seed += 1) {
      let outcome: Outcome;
      try {
        stand ??= await Stand.raise(scenario.settings);
        outcome = await runSeed(scenario, { ...asked, seed, stand }, say);
      } catch (error) {
        // The others are run all the same.
        outcome = { points: 0, problems: [String(error)] };
      }
      points += outcome.points;
      skipped ??= outcome.skipped;
      if (outcome.problems.length === 0) continue;
      failedSeeds.push(seed);
      report(scenario, seed, outcome.problems);
      await stand?.lower();
      stand = undefined;
    }
  } finally {
    await stand?.lower();
  }
  const seconds = Math.round((Date.now() - startedAt) / 100) / 10;
  say(
    `${failedSeeds.length === 0 ? 'ok    ' : 'FAILED'} ${scenario.name}: ${points} points in ${seconds} s${skipped ? ` (skipped: ${skipped})` : ''}`,
  );
  return { scenario: scenario.name, seeds: asked.seeds, failedSeeds, points, seconds, ...(skipped ? { skipped } : {}) };
}

type Seeded = Pick<Run, 'seed' | 'stand' | 'points' | 'quick'>;

/** A scenario once, with the audit at work meanwhile, and the proofs afterwards. */
export async function runSeed(
  scenario: Scenario,
  { seed, stand, points, quick }: Seeded,
  say: (line: string) => void,
): Promise<Outcome> {
  const tell = (line: string): void => say(`${scenario.name}, seed ${seed}: ${line}`);
  let world: World;
  try {
    world = await openWorld(stand);
  } catch (error) {
    return { points: 0, problems: [`before anything was broken: ${String(error)}`] };
  }
  const watch = new AuditWatch(stand.stack);
  const outcome = await scenario
    .run({ stand, world, seed, random: new Random(seed), quick, points, tell })
    .catch((error: unknown): Outcome => ({ points: 0, problems: [String(error)] }));
  stand.clearWeather();
  const unpaid = await world.airtime.payOut(world.finance[0]).then(
    () => [],
    (error: unknown) => [String(error)],
  );
  const { found, runs } = await watch.stop();
  const proved = await prove(stand);
  tell(`the audit ran ${runs} times meanwhile`);
  return { ...outcome, problems: [...outcome.problems, ...found, ...unpaid, ...proved] };
}

function report({ name }: Scenario, seed: number, problems: readonly string[]): void {
  for (const problem of problems) process.stdout.write(`  ${problem}\n`);
  process.stdout.write(`  Again: npm run faults -- ${name} --seed ${seed}\n`);
}
