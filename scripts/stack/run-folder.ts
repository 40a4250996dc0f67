import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { processStart } from '../bootstrap/process-start.mjs';
import { RUN_FOLDER_BASES, RUN_FOLDER_PREFIX } from '../bootstrap/sweep.mjs';
import { serverUser } from './server-user.ts';

/** All that one run keeps on disk: data, logs, and the list of its processes, by which the next start sweeps a killed run. */
export interface RunFolder {
  readonly path: string;
  /** Names a process of this run. Call it before anything else can go wrong with the process. */
  note(pid: number, name: string): void;
  remove(): void;
}

export function createRunFolder(): RunFolder {
  const base = RUN_FOLDER_BASES.find((folder) => fs.existsSync(folder) && isReachable(folder));
  if (base === undefined) throw new Error(`No folder for temporary files that PostgreSQL's user can reach; tried ${RUN_FOLDER_BASES.join(', ')}.`);
  const folder = fs.mkdtempSync(path.join(base, RUN_FOLDER_PREFIX));
  // The unprivileged user passes through to its data, and nobody lists what is here.
  fs.chmodSync(folder, 0o711);
  const note = (pid: number, name: string) =>
    fs.appendFileSync(path.join(folder, 'pids'), `${pid}\t${name}\t${processStart(pid)}\n`, { mode: 0o600 });
  note(process.pid, 'run');
  return { path: folder, note, remove: () => fs.rmSync(folder, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Whether the user that PostgreSQL runs as can enter the folder; a clone under a home of mode 0700 it cannot. */
export function isReachable(folder: string): boolean {
  const user = serverUser();
  if (user === undefined) return true;
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/' }).status === 0;
}
