import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { expireAuthorisations } from '../../db/giftcard/authorise-gift-card.ts';
import type { SweepInput } from '../../workflows/giftcard/contract.ts';

/** In one transaction; each locks a card. */
const BATCH = 200;

export const authoriseGiftCardActivities = (db: Database) => ({
  /** @returns how many authorisations ended because nobody confirmed them in time. */
  expireAuthorisations: async (input: SweepInput): Promise<number> => {
    for (let total = 0; ;) {
      const { expired, more } = await expireAuthorisations(db, { limit: BATCH }, input);
      total += expired;
      heartbeat();
      if (!more) return total;
    }
  },
});
