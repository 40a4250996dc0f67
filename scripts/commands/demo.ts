import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { runDemo } from '../demo/main.ts';
import { onCrash, runCommand } from '../stack/command.ts';
import { say, secondsSinceStart } from '../stack/run.ts';
import { Stack } from '../stack/stack.ts';

const HELP = `npm run demo [-- --json FILE] [-- --keep]

Sets everything up, runs the main job on the real stack, prints the story, and stops everything.
  --json FILE  writes a report for machines
  --keep       leaves the stack up afterwards and prints its URLs; Ctrl-C stops it`;

runCommand(async (args) => {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'string' }, keep: { type: 'boolean' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const stack = await Stack.start({ onCrash });
  await stack.startApplications();
  const setUpSeconds = secondsSinceStart();
  const report = await runDemo(stack, {
    tell: say,
    setUpSeconds,
    proofFolder: values.json ? path.dirname(path.resolve(values.json)) : stack.runDir,
  });
  if (values.json) fs.writeFileSync(path.resolve(values.json), `${JSON.stringify(report, null, 2)}\n`);
  const broken = report.audit.filter(({ broken: count }) => count > 0);
  for (const { invariant, book } of broken) say(`BROKEN: ${invariant} in ${book}`);
  if (values.keep) {
    stack.writeUrls();
    say(`giveaway-api   ${stack.applicationUrl('giveaway-api')}/docs`);
    say(`giftcard-api   ${stack.applicationUrl('giftcard-api')}/docs`);
    say(`live page      ${stack.applicationUrl('giveaway-api')}/live/${report.giveawayId}`);
    say(`proof page     ${stack.applicationUrl('giveaway-api')}/proof/${report.giveawayId}`);
    say(`Temporal UI    ${stack.temporalUiUrl}`);
    say('kept up; Ctrl-C stops it');
    await new Promise(() => setInterval(() => {}, 1_000_000));
  }
  return broken.length > 0 ? 1 : 0;
});
