import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const RUNTIME_NODE = 24;

/** The Node that npm brought; where it brings none, the user's own if it is new enough. */
function findNode(root, fail) {
  const packaged = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
  if (fs.existsSync(packaged)) return packaged;
  if (Number(process.versions.node.split('.')[0]) >= RUNTIME_NODE) return process.execPath;
  return fail(
    `No Node ${RUNTIME_NODE} for ${process.platform}-${process.arch} in node_modules. Were optional packages left out ` +
      `(npm ci --include=optional)? Else start with a Node ${RUNTIME_NODE} or newer of your own: https://nodejs.org`,
  );
}

/**
 * Runs the command in a session of its own, so that Ctrl-C reaches only this process, which then asks for an orderly
 * stop by closing the pipe on fd 3. Its death, however it dies, closes the pipe too.
 */
export function runVerb({ root, verb, args, startedAt, fail }) {
  const node = findNode(root, fail);
  const child = spawn(
    node,
    ['--disable-warning=ExperimentalWarning', path.join(root, `scripts/commands/${verb}.ts`), ...args],
    {
      cwd: root,
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      detached: true,
      env: {
        ...process.env,
        PATH: `${path.dirname(node)}${path.delimiter}${process.env.PATH}`,
        HANDSEL_STARTED_AT: String(startedAt),
        // What Node has compiled, and stripped of types, it finds again: processes start in half the time.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? path.join(root, 'node_modules/.cache/node'),
      },
    },
  );
  let stoppedAt = 0;
  const stop = () => {
    // One Ctrl-C arrives twice (from the terminal's group, and from npm): a repeat within a second is the same wish.
    if (stoppedAt && Date.now() - stoppedAt > 1_000) process.kill(-child.pid, 'SIGKILL');
    if (!stoppedAt) child.stdio[3].end();
    stoppedAt ||= Date.now();
  };
  child.stdio[3].on('error', () => {});
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  const parent = process.ppid;
  setInterval(() => process.ppid === parent || stop(), 300).unref();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(stoppedAt ? 130 : (code ?? (signal ? 1 : 0))));
  });
}
