import type { Database } from '../../db/connect.ts';
import { forgetHolders } from '../../db/giftcard/forget-holders.ts';
import type { ForgetHoldersInput, ForgottenHolders } from '../../workflows/giftcard/contract.ts';

export const forgetHoldersActivities = (db: Database) => ({
  forgetHolders: ({ userIds }: ForgetHoldersInput): Promise<ForgottenHolders> => forgetHolders(db, userIds),
});
