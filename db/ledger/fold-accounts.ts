import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

/** Movements that one transaction adds up. */
const BATCH = 5_000;

/**
 * Adds what is written beside accounts that many share to their rows, so that readers have little to add up. Balances
 * are the same before and after.
 * @returns how many movements were added up.
 */
export async function foldAccounts(db: Db, onBatch: () => void): Promise<number> {
  for (let total = 0; ;) {
    const { folded } = await callCommand<{ folded: number }>(db, 'fold_accounts', { limit: BATCH });
    total += folded;
    onBatch();
    if (folded < BATCH) return total;
  }
}
