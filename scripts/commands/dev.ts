import { onCrash, runCommand } from '../stack/command.ts';
import { say } from '../stack/run.ts';
import { Stack } from '../stack/stack.ts';

const HELP = `npm run dev

The stack and all processes, each restarted when its source changes; ports 5000 to 5003 where they are free.`;

runCommand(async (args) => {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const stack = await Stack.start({ onCrash, fixedPorts: true, watch: true });
  await stack.startApplications();
  stack.writeUrls();
  for (const [name, url] of Object.entries(stack.urls())) say(`${name.padEnd(18)} ${url}`);
  say(`logs are in ${stack.runDir}; Ctrl-C stops it`);
  return new Promise<never>(() => setInterval(() => {}, 1_000_000));
});
