// The beginning of every command. It works before node_modules exists and on Node 20: plain JavaScript, no packages.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './bootstrap/install.mjs';
import { findNode24 } from './bootstrap/node24.mjs';
import { Runner } from './bootstrap/runner.mjs';
import { say } from './bootstrap/say.mjs';
import { sweepDeadRuns } from './bootstrap/sweep.mjs';
import { temporalBinary } from './bootstrap/temporal-binary.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
/** Those that start a Temporal server of their own, so that it is worth getting while npm still installs. */
const ALWAYS_OWN_SERVERS = ['demo', 'test'];
const OWN_SERVERS_UNLESS_GIVEN = ['dev', 'stack', 'audit'];

async function main([verb, ...args]) {
  const script = path.join(root, 'scripts', 'commands', `${verb}.ts`);
  if (!verb || !fs.existsSync(script)) throw new Error(`There is no command "${verb ?? ''}". There are: ${commands()}.`);
  if (Number(process.versions.node.split('.')[0]) < 20) throw new Error(`Handsel needs Node 20 or newer to start; this is ${process.version}.`);
  const runner = new Runner(root);
  sweepDeadRuns();
  const temporal = getTemporalEarly(startsTemporal(verb) && !args.includes('--help'));
  try {
    await installPackages(root, (command, commandArgs) => runner.run(command, commandArgs));
    return await runner.runScript(findNode24(root), script, args);
  } finally {
    await temporal.stop();
    sweepDeadRuns();
    if (runner.stopping) process.exitCode = 130;
  }
}

function startsTemporal(verb) {
  return ALWAYS_OWN_SERVERS.includes(verb) || (OWN_SERVERS_UNLESS_GIVEN.includes(verb) && !process.env['TEMPORAL_ADDRESS']);
}

/** What goes wrong here goes wrong again, and is told, where the stack needs the server. */
function getTemporalEarly(wanted) {
  const abort = new AbortController();
  const work = wanted ? temporalBinary({ say, signal: abort.signal }).catch(() => {}) : Promise.resolve();
  return { stop: () => (abort.abort(), work) };
}

function commands() {
  const files = fs.readdirSync(path.join(root, 'scripts', 'commands')).filter((file) => file.endsWith('.ts'));
  return files.map((file) => path.basename(file, '.ts')).join(', ');
}

try {
  const code = await main(process.argv.slice(2));
  process.exit(process.exitCode ?? code);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(process.exitCode ?? 1);
}
