import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const CHILD = path.join(import.meta.dirname, 'request-memory.child.ts');
/** Bytes: histograms and compiled code. One object literal with a getter that refers to the request made it seven thousand. */
const HELD_OF_EACH = 500;

it('lets go of a request with its answer: the collector finds next to nothing of it', async () => {
  const args = ['--disable-warning=ExperimentalWarning', CHILD];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 600_000 });
  expect(Number(stdout)).toBeGreaterThan(0);
  expect(Number(stdout)).toBeLessThan(HELD_OF_EACH);
});
