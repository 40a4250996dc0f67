import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** A pid may be given to somebody else after its process has died: the start time tells them apart. */
export const startTimeOf = (pid) =>
  spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  }).stdout.trim();

function readRun(folder) {
  try {
    if (process.getuid && fs.statSync(folder).uid !== process.getuid()) return undefined;
    const rows = fs.readFileSync(path.join(folder, 'pids'), 'utf8').trim().split('\n');
    return rows.map((row) => row.split('\t')).map(([pid, name, at]) => ({ pid: Number(pid), name, at }));
  } catch {
    return undefined;
  }
}

/** Ends what a killed run left behind: each run folder names its processes in `pids`. */
export function sweepDeadRuns(say) {
  for (const base of new Set([os.tmpdir(), '/tmp', '/var/tmp', '/dev/shm'])) {
    const names = fs.existsSync(base) ? fs.readdirSync(base).filter((name) => name.startsWith('handsel-')) : [];
    for (const folder of names.map((name) => path.join(base, name))) {
      const alive = readRun(folder)?.filter(({ pid, at }) => startTimeOf(pid) === at);
      if (!alive || alive.some(({ name }) => name === 'run')) continue;
      for (const { pid, name } of alive) {
        say(`ending ${name} (pid ${pid}) that a killed run left behind`);
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // It ended by itself in between.
        }
      }
      fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}
