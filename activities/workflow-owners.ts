import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
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

export interface WorkflowOwners {
  isOpen(workflowId: string): Promise<boolean>;
  /** @returns false when it runs already. */
  start(owner: Owner): Promise<boolean>;
}

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

  start: async ({ workflowType, workflowId, taskQueue, input, summary, searchAttributes = {} }) => {
    const { requestId } = input;
    try {
      await client.workflow.start(workflowType, {
        workflowId,
        taskQueue,
        args: [input],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        staticSummary: summary,
        memo: { requestId, restored: true },
        typedSearchAttributes: keywords({ RequestId: requestId, ...searchAttributes }),
      });
      return true;
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
      throw error;
    }
  },
});
