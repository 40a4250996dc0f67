import { WorkflowNotFoundError, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { keywords, type Keywords } from '../temporal-config/search-attributes.ts';
import type { TaskQueue } from '../temporal-config/task-queues.ts';

/** The workflow that carries a process through, as it is started again. */
export interface Owner {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: TaskQueue;
  readonly input: { readonly requestId: string };
  readonly summary: string;
  readonly searchAttributes?: Keywords;
}

/** What somebody has decided, for the workflow that waits for it. */
export interface OwnersDecision {
  readonly workflowId: string;
  readonly update: string;
  readonly updateId: string;
  readonly input: unknown;
}

export interface WorkflowOwners {
  isOpen(workflowId: string): Promise<boolean>;
  /** @param memo what is noted of the start. @returns false when it runs already. */
  start(owner: Owner, memo?: Readonly<Record<string, unknown>>): Promise<boolean>;
  /** @returns false when nobody waits for it. */
  signal(workflowId: string, signal: string): Promise<boolean>;
  /** @returns null when it was accepted; else the code of the refusal: `service_unavailable` where nobody waits for it. */
  decide(decision: OwnersDecision): Promise<string | null>;
}

const DECIDE_TIMEOUT_MS = 10_000;

/** The owners of a namespace's processes. */
export const workflowOwners = (client: Client): WorkflowOwners => ({
  isOpen: async (workflowId) => {
    try {
      const { status } = await client.workflow.getHandle(workflowId).describe();
      return status.name === 'RUNNING';
    } catch (error) {
      // Its store was lost, or it ended so long ago that it is forgotten.
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },

  start: async ({ workflowType, workflowId, taskQueue, input, summary, searchAttributes = {} }, memo = {}) => {
    const { requestId } = input;
    try {
      await client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: summary,
        memo: { requestId, ...memo },
        typedSearchAttributes: keywords({ RequestId: requestId, ...searchAttributes }),
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  },

  signal: async (workflowId, signal) => {
    try {
      await client.workflow.getHandle(workflowId).signal(signal);
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      throw error;
    }
  },

  decide: async ({ workflowId, update, updateId, input }) => {
    try {
      await client.withDeadline(Date.now() + DECIDE_TIMEOUT_MS, () =>
        client.workflow.getHandle(workflowId).executeUpdate(update, { updateId, args: [input] }),
      );
      return null;
    } catch (error) {
      // The owner sweep starts it again.
      if (error instanceof WorkflowNotFoundError) return 'service_unavailable';
      if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure && error.cause.type)
        return error.cause.type;
      throw error;
    }
  },
});
