#!/usr/bin/env node
// The handsel command: hands over to the script of the verb under Node 24.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const root = path.resolve(path.dirname(fs.realpathSync(new URL(import.meta.url).pathname)), '..');
const HELP = `Usage: npx handsel <command>

  verify PROOF.json   checks the proof of a draw, offline; --help for its options
  rotate-card-codes   brings the codes of all gift cards under the newest keys; --help for how`;

const VERBS = ['verify', 'rotate-card-codes'];

const [verb, ...args] = process.argv.slice(2);
if (!VERBS.includes(verb)) {
  const asked = verb === undefined || verb === '--help' || verb === 'help';
  (asked ? console.log : console.error)(asked ? HELP : `Unknown command: ${verb}\n\n${HELP}`);
  process.exit(asked ? 0 : 2);
}
const packaged = path.join(root, `node_modules/node-${process.platform}-${process.arch}/bin/node`);
const node = fs.existsSync(packaged) ? packaged : process.execPath;
const { status } = spawnSync(
  node,
  ['--disable-warning=ExperimentalWarning', path.join(root, `scripts/${verb}/main.ts`), ...args],
  { stdio: 'inherit' },
);
process.exit(status ?? 1);
