import { PER_PRIZE_ALGORITHM } from '../../domain/draw/rankings.ts';
import { algorithmOf } from '../../domain/giveaway-modes.ts';
import type { Db } from '../connect.ts';
import { countRanked } from './draw-giveaway.ts';
import { readModeRules, readPrizeGroups } from './prize-groups.ts';

/** Ranks that belong together: all, or those of one prize. */
export interface RankingLine {
  /** How many ranks come before it. */
  readonly before: number;
  readonly length: number;
}

/** How many ranks a ranking of the giveaway has: where each prize has its own, they are of one length. */
export async function rankingLength(db: Db, giveawayId: string): Promise<number> {
  const rankedCount = await countRanked(db, giveawayId);
  if (algorithmOf(await readModeRules(db, giveawayId)) !== PER_PRIZE_ALGORITHM) return rankedCount;
  return rankedCount / (await readPrizeGroups(db, giveawayId)).length;
}
