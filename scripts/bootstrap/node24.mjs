import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

/** The Node that runs everything: npm's where there is one for this machine, else the user's, if it is new enough. */
export function findNode24(root) {
  const pinned = path.join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');
  const found = [pinned, process.execPath].find((file) => fs.existsSync(file) && majorOf(file) >= 24);
  if (found) return found;
  throw new Error(
    `No Node 24 for ${process.platform}-${process.arch}: ${pinned} is not there or does not run, and this is Node ` +
      `${process.versions.node}.\nEither run: npm ci --include=optional\nor start the command with Node 24 or newer.`,
  );
}

function majorOf(node) {
  if (node === process.execPath) return Number(process.versions.node.split('.')[0]);
  const { status, stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  return status === 0 ? Number(stdout.slice(1).split('.')[0]) : 0;
}
