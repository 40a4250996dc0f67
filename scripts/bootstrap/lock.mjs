import fs from 'node:fs';
import path from 'node:path';

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

function ownerOf(folder) {
  try {
    return Number(fs.readFileSync(path.join(folder, 'pid'), 'utf8'));
  } catch {
    return 0;
  }
}

/** A folder is the lock; the lock of an owner that has died is taken over. */
export async function withLock(folder, say, work) {
  fs.mkdirSync(path.dirname(folder), { recursive: true });
  for (let waited = false; ;) {
    try {
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'pid'), String(process.pid));
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = ownerOf(folder);
    if (owner && !isAlive(owner)) {
      fs.rmSync(folder, { recursive: true, force: true });
      continue;
    }
    if (!waited) say(`waiting for another run (pid ${owner}) that holds ${path.basename(folder)}`);
    waited = true;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const release = () => fs.rmSync(folder, { recursive: true, force: true });
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.off('exit', release);
    release();
  }
}
