import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';
import { say } from './say.mjs';

/** Runs `npm ci` where the lockfile, or the machine, is not the one of the last installation. `run` runs a command. */
export async function installPackages(root, run) {
  const wanted = fingerprint(root);
  const stamp = path.join(root, 'node_modules', '.handsel-installed');
  const installed = () => fs.existsSync(stamp) && fs.readFileSync(stamp, 'utf8') === wanted;
  if (installed()) return;
  // Outside node_modules, which npm ci removes.
  const lock = path.join(root, '.handsel-install.lock');
  const waiting = (pid) => say(`waiting for another run (pid ${pid}) that is installing`);
  await withLock(lock, () => (installed() ? undefined : install(root, run, stamp, wanted)), waiting);
}

async function install(root, run, stamp, wanted) {
  say('installing npm packages: once, about 100 MB over the network');
  // Nothing of ours needs an install script, so none is run: what the packages may do here is what we call.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env['npm_execpath'];
  const code = npm?.endsWith('.js') ? await run(process.execPath, [npm, ...args]) : await run('npm', args);
  if (code !== 0) throw new Error(`npm ci ended with ${code}: see above. It needs the npm registry, or a filled npm cache.`);
  fs.writeFileSync(stamp, wanted);
}

function fingerprint(root) {
  const lockfile = fs.readFileSync(path.join(root, 'package-lock.json'));
  return createHash('sha256').update(lockfile).update(`${process.platform}-${process.arch}`).digest('hex');
}
