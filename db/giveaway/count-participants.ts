import { createShortCache } from '../../runtime/short-cache.ts';
import type { Db } from '../connect.ts';

/** From so many on, a count takes longer than the rest of what is shown with it. */
const MANY = 10_000;
const KEPT_MS = 1_000;

const counts = createShortCache<number>(KEPT_MS, (count) => count >= MANY);

/**
 * How many have entered. A count of many may be a second old: PostgreSQL counts row by row, and everybody who looks at a giveaway
 * asks for it.
 */
export const countParticipants = (db: Db, giveawayId: string): Promise<number> =>
  counts.get(giveawayId, async () => {
    const rows = await db('giveaway_participants')
      .where({ giveaway_id: giveawayId })
      .count<{ count: bigint }[]>({ count: '*' });
    return Number(rows[0]?.count ?? 0n);
  });
