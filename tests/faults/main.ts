import fs from 'node:fs';
import path from 'node:path';
import { runCommand } from '../../scripts/stack/command.ts';
import { say } from '../../scripts/stack/run.ts';
import { ask, type Asked } from './asked.ts';
import { waitAtMost } from './patience.ts';
import { runPlanted, type PlantedResult } from './planted.ts';
import { runScenario, type Result } from './run-scenario.ts';

runCommand(async (args) => {
  const asked = ask(args);
  if (typeof asked === 'number') return asked;
  waitAtMost(asked.patienceMs);
  return asked.planted ? plantAll(asked.planted, asked.json) : runAll(asked);
});

/** After each: what was found is kept when a later one ends the run. */
function keep(json: string | undefined, results: readonly object[]): void {
  if (json) fs.writeFileSync(path.resolve(json), `${JSON.stringify(results, null, 2)}\n`);
}

async function runAll(asked: Asked): Promise<number> {
  const results: Result[] = [];
  for (const scenario of asked.scenarios) {
    results.push(await runScenario(scenario, asked));
    keep(asked.json, results);
  }
  const failed = results.filter(({ failedSeeds }) => failedSeeds.length > 0);
  const sum = (of: 'points' | 'seconds'): number => results.reduce((total, result) => total + result[of], 0);
  printTable(
    ['scenario', 'points', 'seconds', 'seeds', 'result'],
    results.map(({ scenario, points, seconds, seeds, ...how }) => [scenario, points, seconds, seeds, resultOf(how)]),
  );
  say(
    failed.length === 0
      ? `${results.length} scenarios, ${sum('points')} points in ${Math.round(sum('seconds'))} s: everything held`
      : `failed: ${failed.map(({ scenario }) => scenario).join(', ')}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function resultOf({ failedSeeds, skipped }: Pick<Result, 'failedSeeds' | 'skipped'>): string {
  if (failedSeeds.length > 0) return `FAILED with seed ${failedSeeds.join(', ')}`;
  return skipped === undefined ? 'held' : `skipped: ${skipped}`;
}

/** As docs/faults.md has it, so that the figures can be taken over. */
function printTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
  process.stdout.write(line(head) + line(head.map(() => '---')) + rows.map(line).join(''));
}

async function plantAll(names: readonly string[], json: string | undefined): Promise<number> {
  const results: PlantedResult[] = [];
  for (const name of names) {
    results.push(await runPlanted(name));
    keep(json, results);
  }
  const missed = results.filter(({ caught }) => !caught);
  printTable(
    ['planted bug', 'run', 'caught', 'seconds', 'by what'],
    results.map(({ planted, run, caught, seconds, problem }) => [
      planted,
      run,
      caught ? 'yes' : 'NO',
      seconds,
      problem,
    ]),
  );
  say(`${results.length - missed.length} of ${results.length} planted bugs were caught`);
  return missed.length === 0 ? 0 : 1;
}
