import fs from 'node:fs';
import path from 'node:path';
import { root, say } from './run.ts';
import type { Application, Stack } from './stack.ts';

const FOLDERS = [
  'activities',
  'api',
  'db',
  'domain',
  'providers',
  'realtime',
  'runtime',
  'temporal-config',
  'web',
  'workflows',
];
const SETTLE_MS = 300;

/**
 * Restarts the processes when a source changes. (`node --watch` reports imports into the threads of Temporal's worker,
 * which dies of it.) A process that does not start is left down until the next change.
 */
export function restartOnChange(stack: Stack, names: readonly Application[]): void {
  let timer: NodeJS.Timeout | undefined;
  let restarting = Promise.resolve();
  const restart = async (): Promise<void> => {
    say('a source has changed: restarting');
    await Promise.all(names.map((name) => stack.kill(name, 'SIGTERM')));
    for (const name of names) stack.launch(name);
  };
  for (const folder of FOLDERS) {
    fs.watch(path.join(root, folder), { recursive: true }, () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        restarting = restarting.then(restart).catch((error: unknown) => say(`could not restart: ${String(error)}`));
      }, SETTLE_MS);
    });
  }
}
