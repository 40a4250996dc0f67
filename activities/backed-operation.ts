import { startWorkflow, WorkflowRunOperationHandler } from '@temporalio/nexus';
import * as nexus from 'nexus-rpc';
import { keywords, type Keywords } from '../temporal-config/search-attributes.ts';

interface Backing<I> {
  readonly workflowType: string;
  /** From `contract.ts`: a name and uuids, with slashes between. */
  readonly workflowId: (input: I) => string;
  readonly summary: (input: I) => string;
  readonly searchAttributes?: (input: I) => Keywords;
}

/**
 * A Nexus operation that is a workflow: a repeat joins the one that runs, and one that ended runs again, where the
 * database returns the first result. (With another policy a second caller would fail, and its saga would undo the first
 * one's.)
 */
export function backedBy<I extends { readonly requestId: string }, O>(
  backing: Backing<I>,
): WorkflowRunOperationHandler<I, O> {
  return new WorkflowRunOperationHandler<I, O>((context, input) => {
    if (!hasUuids(backing.workflowId(input))) {
      throw new nexus.HandlerError('BAD_REQUEST', `${backing.workflowType}: an id is missing or malformed`);
    }
    return startWorkflow(context, backing.workflowType, {
      workflowId: backing.workflowId(input),
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: backing.summary(input),
      memo: { requestId: input.requestId },
      typedSearchAttributes: keywords({ RequestId: input.requestId, ...backing.searchAttributes?.(input) }),
    });
  });
}

const hasUuids = (workflowId: string): boolean =>
  workflowId
    .split('/')
    .slice(1)
    .every((id) => /^[0-9a-f-]{36}$/.test(id));
