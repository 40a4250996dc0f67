import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isSameProcess, processStart } from './process-start.mjs';

/**
 * Runs `work` while no other process holds the lock, which is a folder. The lock of a dead owner is taken over.
 * `onWait(pid)` is called once, when there is somebody to wait for.
 */
export async function withLock(folder, work, onWait) {
  await acquire(folder, onWait);
  try {
    return await work();
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

async function acquire(folder, onWait) {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  let told = false;
  while (!tryLock(folder)) {
    const owner = ownerOf(folder);
    if (owner && !isSameProcess(owner.pid, owner.start)) {
      takeOver(folder);
      continue;
    }
    if (!told && owner) onWait?.(owner.pid);
    told = told || owner !== undefined;
    await sleep(300);
  }
}

/** The folder appears with its owner inside: it is filled beside its place and renamed, which fails where one stands. */
function tryLock(folder) {
  const mine = `${folder}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  fs.mkdirSync(mine);
  fs.writeFileSync(path.join(mine, 'owner'), `${process.pid}\t${processStart(process.pid)}`);
  try {
    fs.renameSync(mine, folder);
    return true;
  } catch (error) {
    fs.rmSync(mine, { recursive: true, force: true });
    if (['ENOTEMPTY', 'EEXIST', 'EPERM'].includes(error.code)) return false;
    throw error;
  }
}

function ownerOf(folder) {
  try {
    const [pid, start] = fs.readFileSync(path.join(folder, 'owner'), 'utf8').split('\t');
    return { pid: Number(pid), start };
  } catch {
    return undefined;
  }
}

/** By a rename, which only one of several who saw the dead owner can do; who took a new owner's lock gives it back. */
function takeOver(folder) {
  const aside = `${folder}.dead.${process.pid}`;
  try {
    fs.renameSync(folder, aside);
  } catch {
    return;
  }
  const taken = ownerOf(aside);
  if (taken && isSameProcess(taken.pid, taken.start)) fs.renameSync(aside, folder);
  else fs.rmSync(aside, { recursive: true, force: true });
}
