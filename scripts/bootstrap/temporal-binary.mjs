import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { withLock } from './lock.mjs';
import { buildTemporal } from './temporal-build.mjs';
import { downloadTemporal } from './temporal-release.mjs';

const MODULE = path.resolve(import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname), '../../temporal-config/dev-server');
const NEEDED_SERVER = [1, 31, 2];

/**
 * The path of Temporal's command line tool, which holds its development server: the one on PATH, the one in the user's
 * cache, the official release, or one built with Go, whichever is first to work. The last two fill the cache, under a
 * lock, so that the bootstrap can begin while npm installs and the stack waits for the same work.
 * @throws with everything that was tried, where none can be had.
 */
export async function temporalBinary({ say, signal }) {
  const tried = [];
  const onPath = findOnPath('temporal');
  const onPathProblem = onPath ? versionProblem(onPath) : 'there is none';
  if (!onPathProblem) return onPath;
  tried.push(`\`temporal\` on PATH: ${onPathProblem}`);

  const cached = cachedBinary();
  if (fs.existsSync(cached)) return cached;
  tried.push(`${cached}: there is none`);

  const fill = () => (fs.existsSync(cached) ? undefined : fillCache(cached, { say, signal, tried }));
  await withLock(`${path.dirname(cached)}.lock`, fill, (pid) => say(`waiting for Temporal, which process ${pid} is getting`));
  return cached;
}

async function fillCache(cached, { say, signal, tried }) {
  const work = `${path.dirname(cached)}.partial`;
  fs.rmSync(work, { recursive: true, force: true });
  fs.mkdirSync(work, { recursive: true });
  try {
    const made = path.join(work, 'temporal');
    for (const [source, make] of [['the official release', downloadTemporal], [`Go, from ${MODULE}`, buildTemporal]]) {
      const problem = await make({ module: MODULE, to: made, work, say, signal }).then(() => versionProblem(made), (error) => error.message);
      signal?.throwIfAborted();
      if (!problem) return keep(made, cached);
      tried.push(`${source}: ${problem}`);
    }
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  throw new Error(`No Temporal server. Tried:\n${tried.map((line) => `  - ${line}`).join('\n')}\n${HOW_TO_GET_IT}`);
}

const HOW_TO_GET_IT =
  `Install Temporal's command line tool with a server ${NEEDED_SERVER.join('.')} or newer (https://docs.temporal.io/cli) on PATH,\n` +
  'or Go 1.26 or newer (https://go.dev/dl) with access to a Go module proxy, and run the command again.';

/** The folder appears at once, with the binary in it: a killed run leaves no half of one. */
function keep(made, cached) {
  const ready = fs.mkdtempSync(`${path.dirname(cached)}.ready-`);
  fs.renameSync(made, path.join(ready, 'temporal'));
  fs.renameSync(ready, path.dirname(cached));
}

function cachedBinary() {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(fs.readFileSync(path.join(MODULE, file)));
  const cache = process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache');
  return path.join(cache, 'handsel', `temporal-${hash.digest('hex').slice(0, 16)}`, 'temporal');
}

function findOnPath(name) {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file));
}

/** @returns undefined where the server inside is new enough. Built from its module, the tool itself has no version. */
function versionProblem(file) {
  const { status, stdout, error } = spawnSync(file, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const found = /Server (\d+)\.(\d+)\.(\d+)/.exec(stdout ?? '')?.slice(1).map(Number);
  if (status !== 0 || !found) return `\`${file} --version\` did not work: ${error?.message ?? (stdout || `exit ${status}`)}`;
  const [major, minor, patch] = NEEDED_SERVER;
  const enough = found[0] === major && (found[1] > minor || (found[1] === minor && found[2] >= patch));
  return enough ? undefined : `it holds server ${found.join('.')}, and ${NEEDED_SERVER.join('.')} is needed`;
}
