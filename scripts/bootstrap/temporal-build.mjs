import { spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const PACKAGE = 'github.com/temporalio/cli/cmd/temporal';
const REPORT_MS = 5_000;

/** Builds the tool from our Go module, whose go.sum pins every source of it. About 1 min of download and 6 min of compiling on two slow cores. */
export async function buildTemporal({ module, to, work, say, signal }) {
  const temporary = path.join(work, 'go');
  fs.mkdirSync(temporary);
  // What a killed build leaves behind goes with the work folder. Without -modcacherw users cannot delete the module cache.
  const env = { ...process.env, GOTMPDIR: temporary, GOFLAGS: `${process.env['GOFLAGS'] ?? ''} -modcacherw`.trim() };
  const go = (args, onLine) => runGo(args, { cwd: module, env, signal, onLine });

  await go(['version'], () => {}).catch(noGo);
  say('building Temporal with Go: once, about 7 min on two cores; npm install and PostgreSQL go on meanwhile');
  await withProgress(say, (count, seconds) => `downloading Temporal's sources: ${count} files, ${seconds} s`, (tick) =>
    go(['mod', 'download', '-x'], (line) => line.startsWith('# get ') && tick()),
  );
  const total = await countPackages(go);
  await withProgress(say, (count, seconds) => `compiling Temporal: ${count} of at most ${total} packages, ${seconds} s`, (tick) =>
    go(['build', '-v', '-trimpath', '-ldflags', '-s -w', '-o', to, PACKAGE], (line) => /^[\w./-]+$/.test(line) && tick()),
  );
}

function noGo(error) {
  throw new Error(error.code === 'ENOENT' ? 'there is no `go` on PATH' : error.message);
}

async function countPackages(go) {
  let count = 0;
  await go(['list', '-deps', PACKAGE], () => (count += 1));
  return count;
}

async function withProgress(say, describe, work) {
  const start = Date.now();
  let count = 0;
  const timer = setInterval(() => say(describe(count, Math.round((Date.now() - start) / 1000))), REPORT_MS);
  try {
    await work(() => (count += 1));
  } finally {
    clearInterval(timer);
  }
}

/** Go starts compilers of its own: it leads a group, and the group ends with it. A dead reader of its output ends it too. */
function runGo(args, { cwd, env, signal, onLine }) {
  return new Promise((resolve, reject) => {
    const child = spawn('go', args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const end = () => child.pid && process.kill(-child.pid, 'SIGKILL');
    signal?.addEventListener('abort', end, { once: true });
    const last = [];
    for (const stream of [child.stdout, child.stderr]) readLines(stream, (line) => (onLine(line), last.push(line) > 15 && last.shift()));
    child.on('error', reject);
    child.on('close', (code) => {
      signal?.removeEventListener('abort', end);
      if (code === 0) resolve();
      else reject(new Error(`\`go ${args.join(' ')}\` ended with ${code}:\n${last.map((line) => `      ${line}`).join('\n')}`));
    });
  });
}

function readLines(stream, onLine) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    lines.forEach((line) => onLine(line));
  });
}
