import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

/**
 * How long a key is known: thirty days. A request that is repeated later still gets the same resource id, which follows
 * from its key, so that no effect is doubled; only the kept answer is gone.
 */
export const KEY_RETENTION_MS = 30 * 24 * 3_600_000;

/** Keys of one transaction. */
const BATCH = 5_000;

/** Forgets the keys whose time is over, by the database's clock. @returns how many. */
export async function forgetKeys(db: Db, onBatch: () => void): Promise<number> {
  for (let total = 0; ;) {
    const input = { retentionMs: KEY_RETENTION_MS, limit: BATCH };
    const { forgotten } = await callCommand<{ forgotten: number }>(db, 'forget_keys', input);
    total += forgotten;
    onBatch();
    if (forgotten < BATCH) return total;
  }
}
