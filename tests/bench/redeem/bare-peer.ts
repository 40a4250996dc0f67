import { randomUUID } from 'node:crypto';
import { WithStartWorkflowOperation, type Client } from '@temporalio/client';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { startPeer } from '../harness/start-peer.ts';

const TASK_QUEUE = 'bench-bare';

/** Starts the bare workflow's worker on the product's Temporal server. @returns one call of it. */
export async function startBarePeer(stack: Stack, client: Client): Promise<() => Promise<unknown>> {
  const call = (): Promise<unknown> => {
    const startWorkflowOperation = new WithStartWorkflowOperation('bare', {
      workflowId: `bench.bare/${randomUUID()}`,
      taskQueue: TASK_QUEUE,
      args: ['answer'],
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
    return client.workflow.executeUpdateWithStart('awaitAnswer', { startWorkflowOperation, updateId: 'awaitAnswer' });
  };
  await startPeer(stack, {
    name: 'bare-worker',
    main: 'tests/bench/redeem/bare-worker.ts',
    settings: { BARE_TASK_QUEUE: TASK_QUEUE },
    ready: call,
  });
  return call;
}
