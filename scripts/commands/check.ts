import { spawn } from 'node:child_process';
import path from 'node:path';
import { WORKFLOW_CONTEXTS, workflowBundle } from '../../temporal-config/bundle.ts';
import { runCommand } from '../stack/command.ts';
import { root, say } from '../stack/run.ts';

const HELP = `npm run check

Types, lint, format, import rules, dead code, and the workflow bundles. Mend the format with npx oxfmt.`;

const CHECKS: readonly (readonly [name: string, command: string, args: readonly string[]])[] = [
  ['types', 'tsc', ['--noEmit', ...remembered('server')]],
  ['types of the pages', 'tsc', ['--noEmit', '-p', 'web', ...remembered('pages')]],
  ['lint', 'oxlint', ['--type-aware']],
  ['format', 'oxfmt', ['--check', '.']],
  ['import rules', 'depcruise', ['--config', '.dependency-cruiser.cjs', '.']],
  ['dead code', 'knip', []],
];

runCommand(async (args) => {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  let failed = 0;
  for (const [name, command, commandArgs] of CHECKS) {
    const { code, output } = await run(path.join(root, 'node_modules/.bin', command), commandArgs);
    say(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
    if (code !== 0) {
      failed += 1;
      process.stdout.write(`${output}\n`);
    }
  }
  for (const context of WORKFLOW_CONTEXTS) await workflowBundle(context);
  say('ok     workflow bundles');
  return failed > 0 ? 1 : 0;
});

/** Types are checked anew only where something changed since the last check. */
function remembered(name: string): readonly string[] {
  return ['--incremental', '--tsBuildInfoFile', path.join(root, `node_modules/.cache/tsc/${name}.tsbuildinfo`)];
}

function run(command: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  process.once('exit', () => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
}
