import type { Client } from '@temporalio/client';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import { updateRunning, type UpdateRunningOptions } from './await-workflow.ts';
import { whenReady } from './when-ready.ts';

export interface CaseDecision extends UpdateRunningOptions {
  /** What the workflow refuses with while it takes no decision. */
  readonly notOpen: ErrorCode;
  /** Whether the row waits for a decision. */
  readonly isOpen: () => Promise<boolean>;
}

/**
 * Hands a decision to the workflow of a parked row. The row is parked a moment before its workflow takes decisions: then
 * the decision waits, within the budget.
 * @returns false when there is no workflow, and the row waits for nobody.
 * @throws DomainError the workflow's refusal; `service_unavailable` when the row waits, but its workflow has been lost and
 *   is about to be started again.
 */
export async function decideCase(client: Client, { notOpen, isOpen, ...update }: CaseDecision): Promise<boolean> {
  const ask = () => updateRunning(client, update);
  const answer = (await isOpen()) ? await whenReady(update.budgetMs, notOpen, ask) : await ask();
  if (answer) return true;
  if (!(await isOpen())) return false;
  throw processIsLost();
}

/** A row says that it is carried on, and nobody does: the owner sweep starts its workflow again. */
export const processIsLost = (): DomainError =>
  new DomainError('service_unavailable', 'This process is being started again. Send the same request again.');
