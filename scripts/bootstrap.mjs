// The one way in: works before node_modules exists, on Node 20, with node: modules only. It installs what is missing,
// then hands over to scripts/commands/<verb>.ts under the pinned Node, and sees to it that nothing outlives it.
import fs from 'node:fs';
import path from 'node:path';
import { installPackages } from './bootstrap/install.mjs';
import { runVerb } from './bootstrap/run-verb.mjs';
import { sweepDeadRuns } from './bootstrap/sweep.mjs';

const OLDEST_NODE = 20;
const root = path.resolve(path.dirname(new URL(import.meta.url).pathname), '..');
const startedAt = Date.now();
const say = (message) => console.log(`[${((Date.now() - startedAt) / 1000).toFixed(1).padStart(6)}s] ${message}`);

function fail(message) {
  console.error(message);
  process.exit(1);
}

if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
  fail(
    `Node ${process.versions.node} is too old: Handsel needs Node ${OLDEST_NODE} or newer to start (it then runs itself on Node 24).`,
  );
}

const verbs = fs
  .readdirSync(path.join(root, 'scripts/commands'))
  .filter((file) => file.endsWith('.ts'))
  .map((file) => path.basename(file, '.ts'));
const [verb, ...args] = process.argv.slice(2);
if (!verb || !verbs.includes(verb)) fail(`Usage: node scripts/bootstrap.mjs <${verbs.join(' | ')}> [options]`);

sweepDeadRuns(say);
await installPackages({ root, say, fail });
const code = await runVerb({ root, verb, args, startedAt, fail });
sweepDeadRuns(say);
process.exit(code);
