import fs from 'node:fs';
import path from 'node:path';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { Stack } from '../../scripts/stack/stack.ts';

const NAMESPACES = ['giveaway', 'giftcard'] as const;

/** Runs with a client of each namespace. */
export async function withTemporal<T>(
  stack: Stack,
  use: (clients: Readonly<Record<(typeof NAMESPACES)[number], Client>>) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: stack.environment['TEMPORAL_ADDRESS'] ?? '' });
  try {
    return await use({
      giveaway: new Client({ connection, namespace: 'giveaway' }),
      giftcard: new Client({ connection, namespace: 'giftcard' }),
    });
  } finally {
    await connection.close();
  }
}

/** The worker dies, somebody terminates every workflow that is open, and the worker comes back. @returns their ids. */
export async function terminateEverything(stack: Stack): Promise<string[]> {
  await stack.kill('worker');
  const ended = await withTemporal(stack, async (clients) => {
    const ids: string[] = [];
    for (const namespace of NAMESPACES) {
      for await (const { workflowId } of clients[namespace].workflow.list({ query: 'ExecutionStatus="Running"' })) {
        try {
          await clients[namespace].workflow.getHandle(workflowId).terminate('an operator was wrong');
          ids.push(workflowId);
        } catch (error) {
          // It had ended, and the list did not know yet.
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
    }
    return ids;
  });
  await stack.restart('worker');
  return ended;
}

/** Temporal's server dies with its store: an empty one comes back. */
export async function loseTemporalStore(stack: Stack): Promise<void> {
  await stack.kill('worker');
  await stack.kill('temporal');
  for (const file of fs.readdirSync(stack.runDir).filter((name) => name.startsWith('temporal.db')))
    fs.rmSync(path.join(stack.runDir, file));
  await stack.restart('temporal');
  await stack.restart('worker');
}
