import type { PrizeUnit } from './commitment.ts';

export interface DrawAward {
  readonly unitId: string;
  /** From 1. */
  readonly rank: number;
  /** The participant's commitment in hex. */
  readonly participant: string;
}

/** Ranks take units in order. Units beyond the last rank stay without an award. */
export function assignPrizes(ranking: readonly string[], units: readonly PrizeUnit[]): DrawAward[] {
  return units
    .slice(0, ranking.length)
    .map(({ unitId }, index) => ({ unitId, rank: index + 1, participant: ranking[index] as string }));
}
