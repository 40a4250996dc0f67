import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { updateRunning, type UpdateRunningOptions } from './await-workflow.ts';

export interface CaseDecision extends UpdateRunningOptions {
  /** What the workflow refuses with while it takes no decision. */
  readonly notOpen: ErrorCode;
  /** Whether the row waits for a decision. */
  readonly isOpen: () => Promise<boolean>;
}

const PAUSE_MS = 100;

/**
 * Hands a decision to the workflow of a parked row. A row is parked a moment before its workflow takes decisions, and may
 * be a moment before the workflow is there: then the decision waits, within the budget.
 * @returns false when there is no workflow, and the row waits for nobody.
 * @throws DomainError the workflow's refusal; `service_unavailable` when the row waits, but nobody takes the decision yet:
 *   that is no answer to it, and it is to be sent again.
 */
export async function decideCase(client: Client, { notOpen, isOpen, ...update }: CaseDecision): Promise<boolean> {
  for (const deadline = Date.now() + update.budgetMs; ; await delay(PAUSE_MS)) {
    const refusal = await ask(client, update, notOpen);
    if (refusal === 'accepted') return true;
    if (!(await isOpen())) {
      if (refusal === 'nobody') return false;
      throw refusal;
    }
    if (Date.now() > deadline) throw processIsLost();
  }
}

async function ask(
  client: Client,
  update: UpdateRunningOptions,
  notOpen: ErrorCode,
): Promise<'accepted' | 'nobody' | DomainError> {
  try {
    return (await updateRunning(client, update)) ? 'accepted' : 'nobody';
  } catch (error) {
    if (error instanceof DomainError && error.code === notOpen) return error;
    throw error;
  }
}

/** A row says that it is carried on, and nobody does: the owner sweep starts its workflow again. */
export const processIsLost = (): DomainError =>
  new DomainError('service_unavailable', 'This process is being started again. Send the same request again.');
