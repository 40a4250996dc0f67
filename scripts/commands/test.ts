import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { migrate } from '../../db/migrate.ts';
import { onCrash, runCommand } from '../stack/command.ts';
import { onDatabase, query } from '../stack/postgres.ts';
import { root, say } from '../stack/run.ts';
import { Stack } from '../stack/stack.ts';

const HELP = `npm test [-- PATTERN... and any option of vitest]

Starts PostgreSQL, Redis and Temporal of its own, and runs the tests on them.`;

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly success: boolean;
}

runCommand(async (args) => {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const stack = await Stack.start({ onCrash });
  for (const name of ['giveaway', 'giftcard'] as const) {
    await query(stack.databaseAdminUrl, `create database template_${name}`);
    await migrate(onDatabase(stack.databaseAdminUrl, `template_${name}`), name);
  }
  const report = path.join(stack.runDir, 'report.json');
  const code = await runVitest(args, report, {
    HANDSEL_TEST_DATABASE_ADMIN_URL: stack.databaseAdminUrl,
    HANDSEL_TEST_REDIS_URL: stack.environment['REDIS_URL'] ?? '',
    HANDSEL_TEST_TEMPORAL_ADDRESS: stack.environment['TEMPORAL_ADDRESS'] ?? '',
    HANDSEL_TEST_RUN_DIR: stack.runDir,
  });
  summarize(report);
  return code;
});

function runVitest(args: readonly string[], report: string, settings: Record<string, string>): Promise<number> {
  const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
  const child = spawn(
    process.execPath,
    [vitest, 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...settings } },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  return new Promise((resolve) => child.once('exit', (code) => resolve(code ?? 1)));
}

/** The last line, for people and machines, from the test runner's own report. */
function summarize(file: string): void {
  if (!fs.existsSync(file)) {
    say('the test runner wrote no report');
    return;
  }
  const report = JSON.parse(fs.readFileSync(file, 'utf8')) as Report;
  const skipped = report.numPendingTests > 0 ? `, ${report.numPendingTests} skipped` : '';
  process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests} failed${skipped}\n`);
}
