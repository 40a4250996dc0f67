import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { withClient } from '../harness/databases.ts';
import { inlined, type Statement } from './record-statements.ts';

export interface Replay {
  readonly url: string;
  readonly runDir: string;
  readonly statements: readonly Statement[];
}

const hasPgbench = (): boolean => spawnSync('pgbench', ['--version']).status === 0;

/** Who replays, for the report. */
export const replayedBy = (): string => (hasPgbench() ? 'pgbench' : 'a minimal loop of pg');

/** Sends recorded statements one after the other, as fast as a client can. @returns the seconds that it took. */
export const replayStatements = (replay: Replay): Promise<number> =>
  hasPgbench() ? replayByPgbench(replay) : replayByLoop(replay);

/** One script holds all statements and is run once, so that its latency is the time of them all, without connecting. */
async function replayByPgbench({ url, runDir, statements }: Replay): Promise<number> {
  const script = path.join(runDir, 'replay.sql');
  fs.writeFileSync(script, statements.map((statement) => `${inlined(statement).replace(/;\s*$/, '')};\n`).join(''));
  const { hostname, port, username, pathname } = new URL(url);
  const { code, output } = await run('pgbench', [
    ...['--no-vacuum', '--protocol=simple', '--client=1', '--jobs=1', '--transactions=1', '--file', script],
    ...['--host', hostname, '--port', port, '--username', username, pathname.slice(1)],
  ]);
  const latencyMs = /^latency average = ([\d.]+) ms$/m.exec(output)?.[1];
  if (code !== 0 || latencyMs === undefined) throw new Error(`pgbench failed:\n${output}`);
  return Number(latencyMs) / 1_000;
}

function run(
  command: string,
  args: readonly string[],
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (data: Buffer): void => void (output += data.toString());
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

const replayByLoop = ({ url, statements }: Replay): Promise<number> =>
  withClient(url, async (client) => {
    const startedAt = performance.now();
    for (const { sql, values } of statements) await client.query(sql, [...values]);
    return (performance.now() - startedAt) / 1_000;
  });
