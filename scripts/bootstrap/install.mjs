import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { withLock } from './lock.mjs';

/** `npm ci`, once per lockfile: the stamp inside node_modules says which one is installed. */
export async function installPackages({ root, say, fail }) {
  const stamp = path.join(root, 'node_modules', '.handsel-installed');
  const lockfile = fs.readFileSync(path.join(root, 'package-lock.json'));
  const wanted = createHash('sha256').update(lockfile).update(`${process.platform}-${process.arch}`).digest('hex');
  const isInstalled = () => {
    try {
      return fs.readFileSync(stamp, 'utf8') === wanted;
    } catch {
      return false;
    }
  };
  if (isInstalled()) return;
  // The lock lies outside node_modules, which `npm ci` removes.
  await withLock(path.join(root, '.handsel-install.lock'), say, async () => {
    if (isInstalled()) return;
    say('installing npm packages (once; about 100 MB over the network)');
    const code = await npmCi(root);
    if (code !== 0) fail('npm ci failed: see above. It needs the npm registry; behind a proxy set npm_config_proxy.');
    fs.writeFileSync(stamp, wanted);
  });
}

function npmCi(root) {
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  const [command, commandArgs] = npm?.endsWith('.js') ? [process.execPath, [npm, ...args]] : ['npm', args];
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArgs, { cwd: root, stdio: 'inherit' });
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(code ?? (signal ? 1 : 0)));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => {
        child.kill(signal);
        process.exitCode = 130;
      });
    }
  });
}
