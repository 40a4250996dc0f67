import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

/**
 * Erases the numbers of phones that these people have topped up. Safe to repeat.
 * @returns who is forgotten: whoever has a top-up under way is not.
 */
export const forgetHolders = (db: Db, userIds: readonly string[]): Promise<{ forgotten: readonly string[] }> =>
  callCommand(db, 'forget_holders', { userIds });
