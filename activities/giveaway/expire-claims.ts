import type { Database } from '../../db/connect.ts';
import { eraseAddresses } from '../../db/giveaway/deliver-prize.ts';
import { expireClaims, giveawaysWithDueClaims } from '../../db/giveaway/expire-claims.ts';
import { ADDRESS_KEPT_MS } from '../../domain/prizes.ts';
import type { SweepInput } from '../../workflows/giveaway/contract.ts';

/** What is due beyond that is the next sweep's. */
const GIVEAWAYS_PER_SWEEP = 500;
const ADDRESSES_PER_BATCH = 500;

export const expireClaimsActivities = ({ db, heartbeat }: { db: Database; heartbeat: () => void }) => ({
  /** Ends every window that is over, and erases addresses that nobody needs any more. @returns the giveaways in which nothing is open any more. */
  expireDueClaims: async (input: SweepInput): Promise<string[]> => {
    const finished: string[] = [];
    for (const giveawayId of await giveawaysWithDueClaims(db, GIVEAWAYS_PER_SWEEP)) {
      let progress = await expireClaims(db, giveawayId, input);
      for (; (progress.nextExpiryInMs ?? 1) <= 0; heartbeat()) progress = await expireClaims(db, giveawayId, input);
      if (progress.openAwards === 0) finished.push(giveawayId);
    }
    for (let erased = ADDRESSES_PER_BATCH; erased === ADDRESSES_PER_BATCH; heartbeat())
      ({ erased } = await eraseAddresses(db, { keptMs: ADDRESS_KEPT_MS, limit: ADDRESSES_PER_BATCH }));
    return finished;
  },
});
