import fs from 'node:fs';
import path from 'node:path';
import { onCrash, runCommand } from '../stack/command.ts';
import { say } from '../stack/run.ts';
import { findRunningStack, Stack } from '../stack/stack.ts';

const HELP = `npm run stack -- up | status | down

  up      starts the servers and all processes, and keeps them up until Ctrl-C or \`down\`
  status  says what runs, and where
  down    stops what \`up\` started`;

runCommand(async ([verb]) => {
  switch (verb) {
    case 'up':
      return up();
    case 'status':
      return status();
    case 'down':
      return down();
    default:
      process.stdout.write(`${HELP}\n`);
      return verb === '--help' ? 0 : 2;
  }
});

async function up(): Promise<number> {
  const stack = await Stack.start({ onCrash, fixedPorts: true });
  await stack.startApplications();
  stack.writeUrls();
  for (const [name, url] of Object.entries(stack.urls())) say(`${name.padEnd(18)} ${url}`);
  say('up; Ctrl-C stops it');
  return new Promise<never>(() => setInterval(() => {}, 1_000_000));
}

function status(): Promise<number> {
  const running = findRunningStack();
  if (!running) {
    process.stdout.write('No stack is up. Start one: npm run stack -- up\n');
    return Promise.resolve(1);
  }
  const urls = JSON.parse(fs.readFileSync(path.join(running.runDir, 'urls.json'), 'utf8')) as Record<string, string>;
  for (const [name, url] of Object.entries(urls)) process.stdout.write(`${name.padEnd(18)} ${url}\n`);
  return Promise.resolve(0);
}

function down(): Promise<number> {
  const running = findRunningStack();
  if (!running) {
    process.stdout.write('No stack is up.\n');
    return Promise.resolve(0);
  }
  process.kill(running.pid, 'SIGTERM');
  process.stdout.write(`Stopping the stack in ${running.runDir}.\n`);
  return Promise.resolve(0);
}
