import { heartbeat } from '@temporalio/activity';
import type { Database } from '../db/connect.ts';
import { forgetKeys } from '../db/idempotency/forget-keys.ts';

/** Of either database: idempotency keys whose time is over. */
export const forgetKeysActivities = (db: Database) => ({
  forgetKeys: (): Promise<number> => forgetKeys(db, heartbeat),
});
