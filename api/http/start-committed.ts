import type { Client } from '@temporalio/client';
import { DomainError } from '../../domain/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { startWorkflow, type StartOptions } from './await-workflow.ts';

export type CommittedStart = Omit<StartOptions, 'budgetMs'>;

/** Starts workflows for what is committed already: a caller is answered whether or not Temporal can be reached. */
export interface CommittedStarts {
  /**
   * Waits until the workflow is there, but not for long. What cannot be started now is started as soon as Temporal answers
   * again; if this process ends before that, the owner sweep does it. Never rejects.
   */
  start(start: CommittedStart): Promise<void>;
  stop(): void;
}

export interface CommittedStartsOptions {
  readonly client: Client;
  readonly log: Log;
  /** How long a caller waits, in milliseconds. */
  readonly patienceMs: number;
}

const TRY_AGAIN_MS = 1_000;
/** Beyond them the owner sweep does it: memory is bounded also where Temporal is away for hours. */
const MOST_KEPT = 10_000;

export function createCommittedStarts({ client, log, patienceMs }: CommittedStartsOptions): CommittedStarts {
  const late: CommittedStart[] = [];
  let timer: NodeJS.Timeout | undefined;

  const keep = (start: CommittedStart): void => {
    if (late.length >= MOST_KEPT) return;
    late.push(start);
    timer ??= again();
  };

  const again = (): NodeJS.Timeout => setTimeout(() => void startLate(), TRY_AGAIN_MS);

  /** One after the other: those who wait at a till come first. */
  const startLate = async (): Promise<void> => {
    const begun = late.length;
    for (let next = late[0]; next; next = late[0]) {
      if ((await attempt(next)) === 'unavailable') break;
      late.shift();
    }
    if (timer === undefined) return;
    timer = late.length > 0 ? again() : undefined;
    if (!timer) log.info({ count: begun }, 'Temporal answers again: what was late is started');
  };

  const attempt = async (start: CommittedStart): Promise<'started' | 'unavailable' | 'failed'> => {
    try {
      await startWorkflow(client, { ...start, budgetMs: patienceMs });
      return 'started';
    } catch (error) {
      if (error instanceof DomainError && error.code === 'service_unavailable') return 'unavailable';
      log.error({ err: error, workflowId: start.workflowId }, 'not started: left to the owner sweep');
      return 'failed';
    }
  };

  return {
    start: async (start) => {
      // While others wait for Temporal, nobody else is kept waiting to find the same.
      if (late.length > 0) return keep(start);
      if ((await attempt(start)) !== 'unavailable') return;
      log.warn({ workflowId: start.workflowId }, 'Temporal does not answer: started later');
      keep(start);
    },
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
      if (late.length > 0) log.warn({ count: late.length }, 'not started: left to the owner sweep');
    },
  };
}
