import { parseArgs } from 'node:util';
import { plantedNames } from './planted.ts';
import type { Points, Scenario } from './scenario.ts';
import { SCENARIOS } from './scenarios/index.ts';

const HELP = `npm run faults -- [SCENARIO...] [--seeds N] [--json FILE]
npm run faults -- --planted [BUG...] [--json FILE]

Breaks things from outside while money moves, on the real servers, and proves that nothing was lost, doubled or stuck.
Without a scenario: all of them.
  --seeds N      how many seeds each scenario runs with (1)
  --seed S       the first seed (1); with what failed, its seed is printed
  --points A-B   only these of the points that a scenario numbers, to look closer or to resume
  --at REGEX     only those of a kill scenario that it matches: "lose-answer provider: POST /v1/transfers"
  --patience S   for how many seconds each operation may take to come right (120)
  --quick        a small selection of each scenario's points, by the seed
  --json FILE    writes the results for machines
  --list         the scenarios, and the bugs that can be planted
  --planted      plants one bug at a time in a copy of the tree: each must be caught by the scenario that it names
Exits 1 when something did not hold, 2 when it was not asked rightly. docs/faults.md says what is broken, and how.`;

const BAD_USAGE = 2;
const LIST = SCENARIOS.map(({ name, summary }) => `  ${name.padEnd(20)}${summary}`).join('\n');

export interface Asked {
  readonly scenarios: readonly Scenario[];
  readonly firstSeed: number;
  readonly seeds: number;
  readonly points: Points;
  readonly quick: boolean;
  readonly patienceMs: number;
  readonly json: string | undefined;
  /** Bugs to plant instead. */
  readonly planted: readonly string[] | undefined;
}

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      seeds: { type: 'string', default: '1' },
      seed: { type: 'string', default: '1' },
      points: { type: 'string' },
      at: { type: 'string' },
      patience: { type: 'string', default: '120' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      planted: { type: 'boolean', default: false },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
}

/** What is to be run. @returns the exit code when there is nothing to run. */
export function ask(args: readonly string[]): Asked | number {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    return complain((error as Error).message);
  }
  const { values, positionals } = parsed;
  if (values.help || values.list) {
    process.stdout.write(`${values.help ? `${HELP}\n\n` : ''}${LIST}\n\nPlanted bugs: ${plantedNames().join(', ')}\n`);
    return 0;
  }
  const known = values.planted ? plantedNames() : SCENARIOS.map(({ name }) => name);
  const unknown = positionals.filter((name) => !known.includes(name));
  if (unknown.length > 0) return complain(`Unknown: ${unknown.join(', ')}. There are ${known.join(', ')}.`);
  const [seeds, firstSeed, patience] = [values.seeds, values.seed, values.patience].map(wholeNumber);
  if (seeds === undefined || firstSeed === undefined || patience === undefined)
    return complain('--seeds, --seed and --patience take 1 or more.');
  const points = pointsOf(values.points, values.at);
  if (!points) return complain('--points takes two numbers of points, as in 3-17; --at takes a regular expression.');
  const scenarios = SCENARIOS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const chosen = known.filter((name) => positionals.length === 0 || positionals.includes(name));
  const planted = values.planted ? chosen : undefined;
  const { quick, json } = values;
  return { scenarios, firstSeed, seeds, points, quick, patienceMs: patience * 1_000, json, planted };
}

function complain(what: string): number {
  process.stderr.write(`${what}\n`);
  return BAD_USAGE;
}

function wholeNumber(text: string): number | undefined {
  const number = Number(text);
  return Number.isInteger(number) && number >= 1 ? number : undefined;
}

function pointsOf(text: string | undefined, at: string | undefined): Points | undefined {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text ?? `1-${Number.MAX_SAFE_INTEGER}`) ?? [];
  try {
    const points = { first: Number(first), last: Number(last), ...(at === undefined ? {} : { at: new RegExp(at) }) };
    return points.first >= 1 && points.last >= points.first ? points : undefined;
  } catch {
    return undefined;
  }
}
