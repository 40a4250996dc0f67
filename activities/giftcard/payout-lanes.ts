import type { Database } from '../../db/connect.ts';
import { pauseLane, resumeLane } from '../../db/giftcard/payout-lanes.ts';

export const payoutLaneActivities = (db: Database) => ({
  pauseLane: (input: { settlementId: string; currency: string }): Promise<void> => pauseLane(db, input),
  resumeLane: ({ currency }: { currency: string }): Promise<void> => resumeLane(db, currency),
});
