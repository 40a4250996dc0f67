import { spawn } from 'node:child_process';
import path from 'node:path';
import { root } from '../stack/run.ts';

// The scenarios lie with the tests, which no script imports: they run as a process that inherits the pipe by which the
// bootstrap asks for a stop.
const main = path.join(root, 'tests/faults/main.ts');
const child = spawn(process.execPath, [...process.execArgv, main, ...process.argv.slice(2)], {
  cwd: root,
  stdio: ['inherit', 'inherit', 'inherit', 3],
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.once('exit', (code) => process.exit(code ?? 1));
