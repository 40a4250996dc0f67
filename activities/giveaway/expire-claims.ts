import type { Database } from '../../db/connect.ts';
import { expireClaims, giveawaysWithDueClaims } from '../../db/giveaway/expire-claims.ts';
import type { SweepInput } from '../../workflows/giveaway/contract.ts';

/** What is due beyond that is the next sweep's. */
const GIVEAWAYS_PER_SWEEP = 500;

export const expireClaimsActivities = ({ db, heartbeat }: { db: Database; heartbeat: () => void }) => ({
  /** Ends every window that is over. @returns the giveaways in which nothing is open any more. */
  expireDueClaims: async (input: SweepInput): Promise<string[]> => {
    const finished: string[] = [];
    for (const giveawayId of await giveawaysWithDueClaims(db, GIVEAWAYS_PER_SWEEP)) {
      let progress = await expireClaims(db, giveawayId, input);
      for (; (progress.nextExpiryInMs ?? 1) <= 0; heartbeat()) progress = await expireClaims(db, giveawayId, input);
      if (progress.openAwards === 0) finished.push(giveawayId);
    }
    return finished;
  },
});
