import { spawnSync } from 'node:child_process';
import fs from 'node:fs';

/**
 * When the process started, or '' where there is none. With the pid it names a process for good: a pid alone may have
 * gone to somebody else since.
 */
export function processStart(pid) {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

export function isSameProcess(pid, start) {
  return start !== '' && processStart(pid) === start;
}

/** Slim images have no `ps`. Field 22 of the stat line, counted after the command's name, which may hold spaces. */
function fromProc(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? '' : fields[18];
  } catch {
    return '';
  }
}

function fromPs(pid) {
  const env = { ...process.env, LC_ALL: 'C' };
  return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env }).stdout.trim();
}
