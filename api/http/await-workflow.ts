import {
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
  type Client,
} from '@temporalio/client';
import { ApplicationFailure, WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { DomainError, isErrorCode, type ErrorDetails } from '../../domain/errors.ts';
import { keywords, type Keywords } from '../../temporal-config/search-attributes.ts';
import { ANSWER, type Answered } from '../../workflows/platform/answer.contract.ts';

export interface StartOptions {
  readonly workflowType: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly args: readonly unknown[];
  /** One line for people who look at the running workflow. */
  readonly summary: string;
  readonly searchAttributes: Keywords;
  readonly memo: Readonly<Record<string, string>>;
  /** How long the caller may be kept waiting, in milliseconds. */
  readonly budgetMs: number;
}

export interface StartAndAwaitOptions extends StartOptions {
  /** Name of the update whose answer the caller waits for; its id is fixed, so that a repeat gets the same answer. */
  readonly update: string;
  readonly updateArgs?: readonly unknown[];
}

export type Awaited<T> = { readonly kind: 'answered'; readonly value: T } | { readonly kind: 'accepted' };

/** How long a question about a workflow may take once the budget is spent. */
const QUESTION_DEADLINE_MS = 1_000;

/**
 * Starts the workflow, or joins the one that runs or ran under this id, and waits for the update's answer.
 * @returns `accepted` when the budget is spent and the workflow exists: it will go on by itself (202 with a link).
 * @throws DomainError the workflow's refusal; or `service_unavailable` when nobody can say that it was started.
 */
export async function startAndAwait<T>(client: Client, options: StartAndAwaitOptions): Promise<Awaited<T>> {
  const startWorkflowOperation = new WithStartWorkflowOperation(options.workflowType, {
    ...startOptions(options),
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const updateOptions = {
    startWorkflowOperation,
    updateId: options.update,
    args: [...(options.updateArgs ?? [])],
  };
  const deadline = Date.now() + options.budgetMs;
  try {
    const value = await client.withDeadline(deadline, () =>
      client.workflow.executeUpdateWithStart(options.update, updateOptions),
    );
    return { kind: 'answered', value: value as T };
  } catch (error) {
    if (isUnheard(error)) return readAnswer(client, options.workflowId, deadline);
    if (!isNoAnswer(error)) throw asRefusal(error);
    if (await exists(client, options.workflowId)) return { kind: 'accepted' };
    throw unavailable(error);
  }
}

/**
 * The workflow went on without the question, which was lost with the server's memory, and has ended: it still tells what
 * came of it. @returns `accepted` while no worker is there to tell it.
 */
async function readAnswer<T>(client: Client, workflowId: string, deadline: number): Promise<Awaited<T>> {
  const ask = () => client.workflow.getHandle(workflowId).query<Answered | undefined>(ANSWER);
  const patience = Math.max(deadline, Date.now() + QUESTION_DEADLINE_MS);
  const told = await client.withDeadline(patience, ask).catch(() => undefined);
  if (!told) return { kind: 'accepted' };
  if ('value' in told) return { kind: 'answered', value: told.value as T };
  const { code, message, details } = told.refusal;
  throw isErrorCode(code) ? new DomainError(code, message, details as ErrorDetails | undefined) : unavailable(told);
}

const startOptions = (options: StartOptions) => ({
  workflowId: options.workflowId,
  taskQueue: options.taskQueue,
  args: [...options.args],
  workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
  staticSummary: options.summary,
  memo: { ...options.memo },
  typedSearchAttributes: keywords(options.searchAttributes),
});

/**
 * Starts the workflow and does not wait for it; one that runs or ran under this id is the same wish.
 * @throws DomainError service_unavailable when nobody can say that it was started.
 */
export const startWorkflow = (client: Client, options: StartOptions): Promise<void> => start(client, options, {});

async function start(
  client: Client,
  options: StartOptions,
  change: { workflowIdReusePolicy?: 'ALLOW_DUPLICATE' },
): Promise<void> {
  try {
    await client.withDeadline(Date.now() + options.budgetMs, () =>
      client.workflow.start(options.workflowType, {
        ...startOptions(options),
        workflowIdConflictPolicy: 'USE_EXISTING',
        ...change,
      }),
    );
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return;
    if (isNoAnswer(error)) throw unavailable(error);
    throw error;
  }
}

/**
 * Starts the workflow anew, also where one ran under this id before; one that runs now is the same wish.
 * @throws DomainError service_unavailable when nobody can say that it was started.
 */
export const restartWorkflow = (client: Client, options: StartOptions): Promise<void> =>
  start(client, options, { workflowIdReusePolicy: 'ALLOW_DUPLICATE' });

export interface UpdateRunningOptions {
  readonly workflowId: string;
  readonly update: string;
  readonly updateId: string;
  readonly args: readonly unknown[];
  readonly budgetMs: number;
}

/**
 * Asks a running workflow for a decision. Until a worker accepts it, it lives only in the server's memory: no answer
 * in time is always `service_unavailable`, and the caller sends it again.
 * @returns undefined when no workflow runs under this id: the caller reads the row then.
 */
export async function updateRunning<T>(
  client: Client,
  options: UpdateRunningOptions,
): Promise<{ value: T } | undefined> {
  const handle = client.workflow.getHandle(options.workflowId);
  try {
    const value = await client.withDeadline(Date.now() + options.budgetMs, () =>
      handle.executeUpdate(options.update, { updateId: options.updateId, args: [...options.args] as [unknown] }),
    );
    return { value: value as T };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    if (isNoAnswer(error) || isUnheard(error)) throw unavailable(error);
    throw asRefusal(error);
  }
}

const isNoAnswer = (error: unknown): boolean =>
  error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || error instanceof ServiceError;

/** What the server says of an update that a workflow has not taken, or not to its end; nobody has decided anything. */
const UNHEARD = new Set<unknown>(['UnprocessedUpdate', 'AcceptedUpdateCompletedWorkflow']);

const isUnheard = (error: unknown): boolean =>
  error instanceof WorkflowExecutionAlreadyStartedError ||
  error instanceof WorkflowNotFoundError ||
  (error instanceof WorkflowUpdateFailedError && UNHEARD.has(rootFailure(error.cause)?.type));

async function exists(client: Client, workflowId: string): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + QUESTION_DEADLINE_MS, () =>
      client.workflow.getHandle(workflowId).describe(),
    );
    return true;
  } catch {
    return false;
  }
}

/** A coded failure of the workflow as the refusal that it is; anything else stays what it was. */
function asRefusal(error: unknown): unknown {
  const cause = error instanceof WorkflowUpdateFailedError ? rootFailure(error.cause) : undefined;
  if (!cause || !isErrorCode(cause.type)) return error;
  return new DomainError(cause.type, cause.message, cause.details?.[0] as ErrorDetails | undefined);
}

function rootFailure(error: unknown): ApplicationFailure | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof ApplicationFailure) return current;
  }
  return undefined;
}

const unavailable = (cause: unknown): DomainError =>
  Object.assign(
    new DomainError('service_unavailable', 'The service cannot answer right now. Send the same request again.'),
    { cause },
  );
