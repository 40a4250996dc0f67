import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { onCrash, runCommand } from '../../scripts/stack/command.ts';
import { say } from '../../scripts/stack/run.ts';
import { Stack } from '../../scripts/stack/stack.ts';
import { requireDurable } from './harness/databases.ts';
import { describeMachine } from './harness/describe-machine.ts';
import { formatFigures } from './harness/format-figures.ts';
import type { Figure, Measure } from './measure.ts';
import { MEASURES } from './measures.ts';

const HELP = `npm run bench -- [NAME...] [--json FILE] [--rounds N] [--quick]

Measures ours against peers in the same run, on servers of its own, in turns. Without a name: all measures.
  --json FILE  writes the figures for machines
  --rounds N   how often ours and the peer take turns (5)
  --quick      small sizes: shows that a measure runs, its figures mean little
  --list       the measures
Exits 1 when a goal is missed, 2 when it was not asked rightly. docs/benchmarks.md says what is measured and how.`;

const DEFAULT_ROUNDS = 5;
const BAD_USAGE = 2;

const LIST = MEASURES.map(({ name, summary }) => `  ${name.padEnd(18)}${summary}`).join('\n');

interface Asked {
  readonly measures: readonly Measure[];
  readonly rounds: number;
  readonly quick: boolean;
  readonly json: string | undefined;
}

runCommand(async (args) => {
  const asked = ask(args);
  if (typeof asked === 'number') return asked;
  const figures: Figure[] = [];
  for (const measure of asked.measures) {
    const found = await runMeasure(measure, asked);
    process.stdout.write(`${formatFigures(found)}\n`);
    figures.push(...found);
    // After each measure: what was found is kept when a later one ends the run.
    if (asked.json) fs.writeFileSync(path.resolve(asked.json), `${JSON.stringify(figures, null, 2)}\n`);
  }
  const missed = figures.filter(({ ok }) => !ok);
  say(missed.length === 0 ? 'every goal is met' : `missed: ${missed.map(({ name }) => name).join(', ')}`);
  return missed.length === 0 ? 0 : 1;
});

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      list: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
}

/** @returns the exit code when there is nothing to measure. */
function ask(args: readonly string[]): Asked | number {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return BAD_USAGE;
  }
  const { values, positionals } = parsed;
  if (values.help || values.list) {
    process.stdout.write(`${values.help ? `${HELP}\n\n` : ''}${LIST}\n`);
    return 0;
  }
  const unknown = positionals.filter((name) => !MEASURES.some((measure) => measure.name === name));
  const rounds = Number(values.rounds ?? (values.quick ? 1 : DEFAULT_ROUNDS));
  if (unknown.length > 0 || !Number.isInteger(rounds) || rounds < 1) {
    const complaint = unknown.length > 0 ? `There is no measure ${unknown.join(', ')}` : '--rounds takes 1 or more';
    process.stderr.write(`${complaint}. The measures:\n${LIST}\n`);
    return BAD_USAGE;
  }
  const measures = MEASURES.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  return { measures, rounds, quick: values.quick, json: values.json };
}

/** Each measure has servers of its own, so that none inherits what another one left. */
async function runMeasure(measure: Measure, { rounds, quick }: Asked): Promise<readonly Figure[]> {
  const settings = { NODE_ENV: 'production', LOG_LEVEL: 'warn' };
  const stack = await Stack.start({ onCrash, settings });
  try {
    await requireDurable(stack);
    say(`${measure.name}: ${await describeMachine(stack)}`);
    return await measure.run({ stack, rounds, quick, tell: (message) => say(`${measure.name}: ${message}`) });
  } finally {
    await stack.stop();
  }
}
