import { carryThrough, type Flow, type NamedOperation } from '../flows/flow.ts';
import { providerOf } from '../provider.ts';
import { STRIKES, type Target } from '../proxies/strikes.ts';
import type { Outcome, Run, Scenario } from '../scenario.ts';
import type { Process } from '../stand.ts';
import { countPoints } from './count-points.ts';

/** Held at once; one kill serves all of them. */
const TOGETHER = 36;
/** When nobody has met a point for this long, those who are held are not kept waiting for the others. */
const QUIET_MS = 8_000;
const QUICK_POINTS = 8;
/** What the provider tells a service of an operation is a point as well; it comes when the operation is known by its id. */
const TOLD_AFTER_MS = 3_000;
/** What was not taken is told again in half a minute: some points are met after the end only. */
const TOLD_AGAIN_MS = 45_000;

interface Struck {
  readonly operation: NamedOperation;
  readonly target: Target;
}

/**
 * `kill -9` of a process, and a broken connection, at each transaction and each call to the provider that an operation
 * makes there: before it, and after it before the answer. First the points are counted; then each has an operation of its
 * own, which is held there until all are, so that one kill serves many points.
 */
export const killPoints = (flow: Flow, process: Process = 'worker'): Scenario => ({
  name: process === 'worker' ? `kill-${flow.name}` : `kill-api-${flow.name}`,
  summary: `kill -9 of the ${process}, and lost requests and answers, at every effect of: ${flow.name}`,
  run: async (run) => {
    const provider = providerOf(run.stand.stack);
    if (process !== 'worker') await provider.speakLate(TOLD_AFTER_MS);
    const met = await countPoints(flow, process, run);
    const all = STRIKES.flatMap((strike) => met.map((_, index): Target => ({ point: index + 1, strike })));
    const { first, last, at } = run.points;
    const named = ({ point, strike }: Target): string => `${strike} ${met[point - 1]}`;
    const asked = all.slice(first - 1, last).filter((target) => at?.test(named(target)) ?? true);
    if (asked.length === 0) return { points: 0, problems: [`${flow.name} has no such point: ${met.join('; ')}`] };
    const targets = run.quick ? run.random.shuffle(asked).slice(0, QUICK_POINTS) : asked;
    run.tell(`${met.length} effects, ${targets.length} points: ${met.join('; ')}`);
    const outcomes: Outcome[] = [];
    for (const together of rounds(targets)) {
      const operations = await flow.make(run.world, together.length, run.random);
      const struck = together.map((target, index): Struck => {
        const operation = operations[index];
        if (!operation) throw new Error(`${flow.name} made too few`);
        return { operation: { ...operation, name: `${flow.name}, ${target.point}, ${named(target)}` }, target };
      });
      outcomes.push(await strikeTogether(struck, process, run));
    }
    await provider.heal();
    return {
      points: outcomes.reduce((sum, { points }) => sum + points, 0),
      problems: outcomes.flatMap(({ problems }) => problems),
    };
  },
});

/** What is lost is made good by the process that lost it, so nobody kills it meanwhile. */
const rounds = (targets: readonly Target[]): Target[][] =>
  Map.groupBy(targets, ({ strike }) => strike.startsWith('kill'))
    .values()
    .flatMap((group) =>
      Array.from({ length: Math.ceil(group.length / TOGETHER) }, (_, index) =>
        group.slice(index * TOGETHER, (index + 1) * TOGETHER),
      ),
    )
    .toArray();

/** Each operation meets its own point; whoever is held there is killed together with the others. */
export async function strikeTogether(
  struck: readonly Struck[],
  process: Process,
  { stand, tell }: Run,
): Promise<Outcome> {
  const strikes = stand.strikes[process];
  strikes.forget();
  for (const { operation, target } of struck) strikes.follow(operation.name, operation.ids, target);
  let running = true;
  const ends = Promise.all(struck.map(({ operation }) => carryThrough(operation))).finally(() => {
    running = false;
  });
  const unmet = (): Struck[] => struck.filter(({ operation }) => !strikes.wasStruck(operation.name));
  let kills = 0;
  let lastAt = Date.now();
  while (strikes.holding || (unmet().length > 0 && (running || Date.now() - lastAt < TOLD_AGAIN_MS))) {
    const before = unmet().length;
    if (before > 0) await strikes.next(QUIET_MS);
    const quiet = unmet().length === before;
    if (!quiet || running) lastAt = Date.now();
    if (!strikes.holding || (unmet().length > 0 && !quiet)) continue;
    await stand.killAndRestart(process);
    kills += 1;
  }
  const problems = (await ends).flat();
  const missed = unmet().map(({ operation }) => `${operation.name} was never met`);
  tell(`${struck.length - missed.length} points struck with ${kills} kills`);
  return { points: struck.length - missed.length, problems: [...problems, ...missed] };
}
