import { PER_PRIZE_ALGORITHM, prizesOf, type RankingTerms } from './rankings.ts';

export interface DrawAward {
  readonly unitId: string;
  /** From 1, in the ranking of the draw; where each prize has one, they are counted on. */
  readonly rank: number;
  /** The participant's commitment in hex. */
  readonly participant: string;
}

/**
 * Which rank takes which unit: ranks take units in order, and units beyond the last rank stay without an award. Where
 * each prize has a ranking of its own, the units of a prize go down that one.
 * @param rankedCount how many ranks there are.
 */
export function awardedRanks(
  { algorithm, prizeUnits }: RankingTerms,
  rankedCount: number,
): Omit<DrawAward, 'participant'>[] {
  if (algorithm !== PER_PRIZE_ALGORITHM)
    return prizeUnits.slice(0, rankedCount).map(({ unitId }, index) => ({ unitId, rank: index + 1 }));
  const prizes = prizesOf(prizeUnits);
  const length = prizes.length === 0 ? 0 : rankedCount / prizes.length;
  return prizes.flatMap((prizeId, line) =>
    prizeUnits
      .filter((unit) => unit.prizeId === prizeId)
      .slice(0, length)
      .map(({ unitId }, index) => ({ unitId, rank: line * length + index + 1 })),
  );
}

/** @param participantAt by rank. */
export const assignPrizes = (
  terms: RankingTerms,
  rankedCount: number,
  participantAt: (rank: number) => string,
): DrawAward[] =>
  awardedRanks(terms, rankedCount).map((award) => ({ ...award, participant: participantAt(award.rank) }));
