import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root, say } from '../../scripts/stack/run.ts';

const FOLDER = path.join(root, 'tests/faults/planted');
/** What stands above the patch: what is wrong in it, and what must catch it. */
const HEADER = /^(?<what>[\s\S]+?)\nRun: (?<run>.+)\nFinds: (?<finds>.+)\n/;

/** What is planted does not come right by waiting; what is not touched by it does. */
const PATIENCE_S = '60';

/** For machines: its shape stays. */
export interface PlantedResult {
  readonly planted: string;
  readonly run: string;
  /** What is found is what the bug does: that somebody waited in vain may have other causes. */
  readonly caught: boolean;
  /** What did not hold. */
  readonly problem: string;
  readonly seconds: number;
}

export const plantedNames = (): string[] =>
  fs
    .readdirSync(FOLDER)
    .filter((file) => file.endsWith('.patch'))
    .map((file) => path.basename(file, '.patch'))
    .toSorted();

/**
 * Does the net hold fish? Plants a bug in a copy of the tree, and runs there the scenario that must catch it.
 * @throws when the patch does not fit the tree any more.
 */
export async function runPlanted(name: string): Promise<PlantedResult> {
  const startedAt = Date.now();
  const file = path.join(FOLDER, `${name}.patch`);
  const { what, run, finds } = HEADER.exec(fs.readFileSync(file, 'utf8'))?.groups ?? {};
  if (!what || !run || !finds) throw new Error(`${name}.patch does not say what is run, and what it finds`);
  say(`planted ${name}: ${what.replaceAll('\n', ' ')}`);
  const copy = copyTree();
  try {
    const unfit = applyPlanted(name, copy);
    if (unfit !== '') throw new Error(`${name}.patch does not fit any more:\n${unfit}`);
    const { code, output } = await runFaults(copy, [...run.split(' '), '--patience', PATIENCE_S]);
    const problems = (output.match(/^ {2}(?!Again)\S.*$/gm) ?? []).map((problem) => problem.trim());
    const found = problems.find((problem) => new RegExp(finds).test(problem));
    const caught = code === 1 && found !== undefined;
    const problem = found ?? problems[0] ?? '';
    const seconds = Math.round((Date.now() - startedAt) / 1_000);
    say(`${caught ? 'caught' : 'NOT CAUGHT'} ${name} by ${run} in ${seconds} s: ${problem}`);
    if (!caught) process.stdout.write(`${output}\n`);
    return { planted: name, run, caught, problem, seconds };
  } finally {
    fs.rmSync(copy, { recursive: true, force: true });
  }
}

/**
 * Plants a bug in a tree.
 * @param how `--check` only looks whether it would fit.
 * @returns why it does not fit; nothing when it does.
 */
export function applyPlanted(name: string, tree: string, ...how: readonly '--check'[]): string {
  const args = ['apply', '--whitespace=nowarn', ...how, path.join(FOLDER, `${name}.patch`)];
  const { status, stderr } = spawnSync('git', args, { cwd: tree, encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

/** What git knows of, and what it does not ignore, in a folder of its own that shares the packages. */
function copyTree(): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'handsel-planted-'));
  fs.chmodSync(copy, 0o755);
  const listed = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed.stdout.split('\0').filter((name) => name && fs.existsSync(path.join(root, name)))) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    fs.copyFileSync(path.join(root, file), path.join(copy, file));
  }
  fs.symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
  return copy;
}

/** Its servers stop with it, and it stops with us: the pipe on fd 3 closes. */
async function runFaults(cwd: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(process.execPath, [...process.execArgv, path.join(cwd, 'tests/faults/main.ts'), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}
