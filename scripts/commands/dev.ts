import { runCommand } from '../stack/command.ts';
import { restartOnChange } from '../stack/restart-on-change.ts';
import { say } from '../stack/run.ts';
import { APPLICATIONS, Stack } from '../stack/stack.ts';

const HELP = `npm run dev

The stack and all processes, each restarted when its source changes; ports 5000 to 5003 where they are free.`;

/** What is simulated is the outside world: it keeps running. */
const PRODUCT = APPLICATIONS.filter((name) => !name.endsWith('-simulator'));

runCommand(async (args) => {
  if (args.includes('--help')) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const stack = await Stack.start({ onCrash: (message) => say(`${message}\nwaiting for a change`), fixedPorts: true });
  await stack.startApplications();
  restartOnChange(stack, PRODUCT);
  stack.writeUrls();
  for (const [name, url] of Object.entries(stack.urls())) say(`${name.padEnd(18)} ${url}`);
  say(`logs are in ${stack.runDir}; Ctrl-C stops it`);
  return new Promise<never>(() => setInterval(() => {}, 1_000_000));
});
