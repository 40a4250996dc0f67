import path from 'node:path';
import { root, until } from '../../../scripts/stack/run.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';

export interface Peer {
  readonly name: string;
  /** Its main file, from the root of the repository. */
  readonly main: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Succeeds once the peer serves. */
  readonly ready: () => Promise<unknown>;
}

const READY_TIMEOUT_MS = 60_000;

/** Starts a peer as a process of its own, as the product's processes are; it ends with the stack. */
export async function startPeer(stack: Stack, { name, main, settings, ready }: Peer): Promise<void> {
  stack.processes.start({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', path.join(root, main)],
    options: { cwd: root, env: { PATH: process.env['PATH'], ...stack.environment, ...settings } },
  });
  await until(name, READY_TIMEOUT_MS, ready);
}
