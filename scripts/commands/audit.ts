import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runAudit } from '../audit/main.ts';
import { runMainJob } from '../demo/main-job.ts';
import { onCrash, runCommand } from '../stack/command.ts';
import { say } from '../stack/run.ts';
import { findRunningStack, Stack } from '../stack/stack.ts';

const HELP = `npm run audit [-- --json FILE]

Checks every invariant over both books and the provider; exits 1 when one is broken. It looks at the databases of
DATABASE_URL_GIVEAWAY and DATABASE_URL_GIFTCARD, else at the stack that is up (npm run stack -- up, npm run demo -- --keep),
else at a stack of its own after one run of the main job.`;

runCommand(async (args) => {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const lines = await runAudit(await findEnvironment());
  for (const { broken, invariant, book, checked } of lines) {
    process.stdout.write(
      `${broken === 0 ? 'ok    ' : 'BROKEN'} ${invariant} (${book}): ${checked} checked, ${broken} broken\n`,
    );
  }
  if (values.json) fs.writeFileSync(path.resolve(values.json), `${JSON.stringify(lines, null, 2)}\n`);
  return lines.some(({ broken }) => broken > 0) ? 1 : 0;
});

async function findEnvironment(): Promise<Record<string, string>> {
  if (process.env['DATABASE_URL_GIVEAWAY']) return { ...process.env } as Record<string, string>;
  const running = findRunningStack();
  if (running) {
    say(`auditing the stack in ${running.runDir}`);
    return running.environment;
  }
  say('no stack is up: running the main job on a stack of its own, and auditing that');
  const stack = await Stack.start({ onCrash });
  await stack.startApplications();
  await runMainJob(stack, { participants: 10, deadlineMs: 6_000, tell: say });
  return stack.environment;
}
