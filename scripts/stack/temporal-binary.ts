import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from '../bootstrap/lock.mjs';
import { downloadTemporal } from '../bootstrap/temporal-release.mjs';
import { userCache } from './redis.ts';
import { root, say } from './run.ts';

const SERVER_VERSION = 'Server 1.31.2';
const moduleFolder = path.join(root, 'temporal-config/dev-server');
const PROGRESS_MS = 15_000;

/**
 * The Temporal command with its development server: from the PATH when it is the pinned version, else from the user's
 * cache, else the official release where there is a network to it, else built with Go from the pinned module (about 7 minutes on two slow cores, once).
 */
export async function temporalBinary(): Promise<string> {
  if (isPinned('temporal')) return 'temporal';
  const cached = path.join(userCache(), `temporal-${moduleHash()}`, 'temporal');
  if (isPinned(cached)) return cached;
  await withLock(`${path.dirname(cached)}.lock`, say, async () => {
    if (!isPinned(cached) && !(await download(cached))) await build(cached);
  });
  return cached;
}

/** A build without version stamps calls itself 0.0.0-DEV: the server's version is what counts. */
const isPinned = (command: string): boolean =>
  (spawnSync(command, ['--version'], { encoding: 'utf8' }).stdout ?? '').includes(SERVER_VERSION);

function moduleHash(): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(fs.readFileSync(path.join(moduleFolder, file)));
  return hash.update(`${process.platform}-${process.arch}`).digest('hex').slice(0, 12);
}

/** The official release, where there is a network to it. @returns false when it cannot be had. */
async function download(target: string): Promise<boolean> {
  fs.mkdirSync(path.dirname(target), { recursive: true });
  const work = fs.mkdtempSync(path.join(path.dirname(target), 'release-'));
  try {
    const unpacked = path.join(work, 'temporal');
    await downloadTemporal({ to: unpacked, work, say });
    if (!isPinned(unpacked)) throw new Error(`it is not ${SERVER_VERSION}`);
    fs.renameSync(unpacked, target);
    return true;
  } catch (error) {
    say(`no official Temporal release: ${(error as Error).message}`);
    return false;
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
}

async function build(target: string): Promise<void> {
  if (spawnSync('go', ['version']).status !== 0) {
    throw new Error(
      `No Temporal server: tried "temporal" on the PATH (wanted ${SERVER_VERSION}), the cache ${path.dirname(target)}, the official release, and a build, ` +
        'for which Go is missing. Install Go 1.26 or newer (https://go.dev/dl), or the Temporal CLI 1.8.2 ' +
        '(https://github.com/temporalio/cli/releases), or bring your own server with TEMPORAL_ADDRESS.',
    );
  }
  say('building the Temporal server from its Go module (once; about 7 minutes on two slow cores)');
  const unfinished = `${target}.${process.pid}`;
  fs.mkdirSync(path.dirname(target), { recursive: true });
  // -modcacherw: else the user could not delete the module cache.
  const args = [
    'build',
    '-C',
    moduleFolder,
    '-v',
    '-modcacherw',
    '-trimpath',
    '-ldflags',
    '-s -w',
    '-o',
    unfinished,
    'github.com/temporalio/cli/cmd/temporal',
  ];
  const child = spawn('go', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let packages = 0;
  let output = '';
  child.stderr.on('data', (data: Buffer) => {
    packages += data.toString().split('\n').length - 1;
    output = (output + data.toString()).slice(-4_000);
  });
  const progress = setInterval(() => say(`  building Temporal: ${packages} packages so far`), PROGRESS_MS);
  const endBuild = (): void => void child.kill();
  process.once('exit', endBuild);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  process.off('exit', endBuild);
  clearInterval(progress);
  if (code !== 0) throw new Error(`Building the Temporal server failed:\n${output}`);
  fs.renameSync(unfinished, target);
  say('the Temporal server is built');
}
