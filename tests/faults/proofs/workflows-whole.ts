import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { Client } from '@temporalio/client';
import { isErrorCode } from '../../../domain/errors.ts';
import type { Stack } from '../../../scripts/stack/stack.ts';
import { connectTemporal } from '../../../temporal-config/client.ts';

const ENDED_BADLY = `ExecutionStatus in ('Failed', 'TimedOut', 'Terminated')`;
/** A task that fails again and again: the code throws something that is no refusal. */
const MANY_ATTEMPTS = 5;

/** Workflows that ended in another way than by completing, or whose code throws; a refused operation is no such thing. */
export async function workflowsWhole(stack: Stack): Promise<string[]> {
  const clients = connectTemporal(stack.environment['TEMPORAL_ADDRESS'] ?? '');
  const problems: string[] = [];
  try {
    for (const namespace of ['giveaway', 'giftcard'] as const) {
      const client = clients[namespace];
      for await (const { workflowId, runId, type, status } of client.workflow.list({ query: ENDED_BADLY })) {
        const how = status.name === 'FAILED' ? await failureOf(client, workflowId, runId) : status.name;
        if (how !== undefined) problems.push(`workflow ${workflowId} (${type}) ended ${how}`);
      }
      for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
        const { raw } = await client.workflow.getHandle(workflowId).describe();
        const attempts = raw.pendingWorkflowTask?.attempt ?? 0;
        if (attempts >= MANY_ATTEMPTS) problems.push(`workflow ${workflowId} fails its task: ${attempts} attempts`);
      }
    }
  } finally {
    await clients.connection.close();
  }
  return problems;
}

/** @returns undefined for a coded refusal: that is how an operation answers its caller. */
async function failureOf(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  try {
    await client.workflow.getHandle(workflowId, runId).result();
    return 'FAILED';
  } catch (error) {
    const cause = error instanceof WorkflowFailedError ? error.cause : undefined;
    if (cause instanceof ApplicationFailure && isErrorCode(cause.type)) return undefined;
    return `FAILED: ${String(cause ?? error)}`;
  }
}
