import { setTimeout as delay } from 'node:timers/promises';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';

const PAUSE_MS = 100;

/**
 * A row is parked a moment before its workflow takes decisions: what is refused for that is asked again, within the
 * budget. Only for a caller who has seen the row parked.
 */
export async function whenReady<T>(budgetMs: number, notYet: ErrorCode, ask: () => Promise<T>): Promise<T> {
  for (const deadline = Date.now() + budgetMs; ; await delay(PAUSE_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== notYet || Date.now() > deadline) throw error;
    }
  }
}
