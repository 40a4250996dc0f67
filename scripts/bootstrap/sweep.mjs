import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isSameProcess } from './process-start.mjs';
import { say } from './say.mjs';

/** Where run folders are made: the first of these that the unprivileged user of PostgreSQL reaches. */
export const RUN_FOLDER_BASES = [...new Set([os.tmpdir(), '/tmp', '/var/tmp', '/dev/shm'])];
export const RUN_FOLDER_PREFIX = 'handsel-run-';

/**
 * Ends what killed runs left behind. Every run folder names its processes in `pids` (pid, name, start time); a folder
 * whose `run` is dead is nobody's: its processes are killed, each with its group, and it is removed.
 */
export function sweepDeadRuns() {
  for (const folder of runFolders()) {
    const alive = readPids(folder)?.filter(({ pid, start }) => isSameProcess(pid, start));
    if (!alive || alive.some(({ name }) => name === 'run')) continue;
    for (const { pid, name } of alive) {
      say(`ending ${name} (pid ${pid}), which a killed run left behind`);
      killGroup(pid);
    }
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

export function runFolders() {
  return RUN_FOLDER_BASES.filter((base) => fs.existsSync(base)).flatMap((base) =>
    fs
      .readdirSync(base)
      .filter((name) => name.startsWith(RUN_FOLDER_PREFIX))
      .map((name) => path.join(base, name))
      .filter(isMine),
  );
}

/** @returns undefined where the run has not written its first line yet. */
export function readPids(folder) {
  try {
    const lines = fs.readFileSync(path.join(folder, 'pids'), 'utf8').trim().split('\n');
    return lines.map((line) => line.split('\t')).map(([pid, name, start]) => ({ pid: Number(pid), name, start }));
  } catch {
    return undefined;
  }
}

function isMine(folder) {
  try {
    return fs.lstatSync(folder).uid === process.getuid();
  } catch {
    return false;
  }
}

/** Parts lead groups of their own, so that what they started ends with them. */
function killGroup(pid) {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It has ended in between, or leads no group.
    }
  }
}
