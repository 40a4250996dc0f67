import { heartbeat } from '@temporalio/activity';
import type { Database } from '../db/connect.ts';
import { foldAccounts } from '../db/ledger/fold-accounts.ts';

/** Of either book: what is written beside shared accounts is added to their rows. */
export const foldAccountsActivities = (db: Database) => ({
  foldAccounts: (): Promise<number> => foldAccounts(db, heartbeat),
});
