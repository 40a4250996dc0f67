import type { Database } from '../../db/connect.ts';
import { holdersToForget, markHoldersForgotten } from '../../db/giveaway/forget-holders.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';

/** In one step of the other domain. */
const PIECE = 100;

export interface HoldersToForget {
  /** The same for the same people. */
  readonly forgetId: string;
  readonly userIds: string[];
}

export const forgetHoldersActivities = (db: Database) => ({
  /** Erased people whom the other domain has not forgotten yet; nobody after the last of them. */
  nextHoldersToForget: async ({ after }: { after: string | null; requestId: string }): Promise<HoldersToForget> => {
    const userIds = await holdersToForget(db, { after, limit: PIECE });
    return { forgetId: nameUuid(sha1, 'forget', ...userIds), userIds };
  },

  markHoldersForgotten: ({ userIds }: { userIds: readonly string[]; requestId: string }): Promise<void> =>
    markHoldersForgotten(db, userIds),
});
