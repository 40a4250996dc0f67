import { fromHex, toHex, utf8 } from './bytes.ts';
import type { Commitment, PrizeUnit } from './commitment.ts';
import type { DrawEntry } from './entry.ts';
import { commitmentAt, EntryWeights, type WeighedParticipants } from './entry-weights.ts';
import type { Hashing } from './hashing.ts';
import { RandomNumbers } from './random-numbers.ts';
import { ScoreRanking } from './rank-by-score.ts';
import { Ranking } from './rank-participants.ts';

/** One ranking, from which one person wins at most one unit. */
export const DRAW_ALGORITHM = 'handsel-draw-v1';
/** A ranking for each prize: one person may win a unit of several. */
export const PER_PRIZE_ALGORITHM = 'handsel-draw-per-prize-v1';
/** By score, which is the sum of one's weights; only ties are drawn. */
export const LEADERBOARD_ALGORITHM = 'handsel-leaderboard-v1';

export const DRAW_ALGORITHMS = [DRAW_ALGORITHM, PER_PRIZE_ALGORITHM, LEADERBOARD_ALGORITHM] as const;
/** How participants are ranked, with its version; part of what is committed to. */
export type DrawAlgorithm = (typeof DRAW_ALGORITHMS)[number];

/** Gives out ranks, one after the other. */
export interface Ranks {
  /** How many ranks there are in the end. */
  readonly size: number;
  /** How many were given out so far. */
  readonly ranked: number;
  /** The place, among the participants, of who gets the next rank; -1 when there are no more. */
  next(): number;
}

/** The prizes of these units, each once, in the order of their first units. */
export const prizesOf = (units: readonly PrizeUnit[]): string[] => [...new Set(units.map(({ prizeId }) => prizeId))];

/** The seed of one prize's ranking, hex like the draw's. */
export const prizeSeed = (hashing: Hashing, seed: string, prizeId: string): string =>
  toHex(hashing.hmacSha256(fromHex(seed), utf8(prizeId)));

/** What is committed to of how a draw ranks. */
export type RankingTerms = Pick<Commitment, 'algorithm' | 'prizeUnits'>;

/**
 * The numbers from which the first ranking of a draw is made; undefined where ties alone are drawn. They depend on the
 * seed alone: who has to wait for the participants may prepare them.
 */
export function firstNumbers(
  hashing: Hashing,
  { algorithm, prizeUnits }: RankingTerms,
  seed: string,
): RandomNumbers | undefined {
  switch (algorithm) {
    case DRAW_ALGORITHM:
      return new RandomNumbers(hashing, seed);
    case LEADERBOARD_ALGORITHM:
      return undefined;
    case PER_PRIZE_ALGORITHM: {
      const [first] = prizesOf(prizeUnits);
      return first === undefined ? undefined : new RandomNumbers(hashing, prizeSeed(hashing, seed, first));
    }
  }
}

/**
 * The ranks of a draw. With a ranking for each prize they come one after the other, in the order of `prizesOf`, each of
 * all participants, and ranks count on.
 * @param first the draw's {@link firstNumbers}, of which none was used.
 */
export function ranksOf(
  hashing: Hashing,
  { algorithm, prizeUnits }: RankingTerms,
  seed: string,
  participants: WeighedParticipants,
  first?: RandomNumbers,
): Ranks {
  switch (algorithm) {
    case DRAW_ALGORITHM:
      return new Ranking(first ?? new RandomNumbers(hashing, seed), participants);
    case LEADERBOARD_ALGORITHM:
      return new ScoreRanking(hashing, seed, participants);
    case PER_PRIZE_ALGORITHM:
      return new SeveralRankings(
        prizesOf(prizeUnits).map((prizeId, index) => () => {
          const numbers = index === 0 ? first : undefined;
          return new Ranking(numbers ?? new RandomNumbers(hashing, prizeSeed(hashing, seed, prizeId)), participants);
        }),
        participants.weights.length,
      );
  }
}

/** Rankings of the same participants, made when their turn comes: each takes memory. */
class SeveralRankings implements Ranks {
  readonly size: number;
  ranked = 0;
  readonly #makers: (() => Ranks)[];
  #current: Ranks | undefined;

  constructor(makers: readonly (() => Ranks)[], participantCount: number) {
    this.#makers = [...makers];
    this.size = makers.length * participantCount;
  }

  next(): number {
    if (this.ranked === this.size) return -1;
    if (!this.#current || this.#current.ranked === this.#current.size) this.#current = this.#makers.shift()?.();
    this.ranked += 1;
    return this.#current?.next() ?? -1;
  }
}

/** All ranks at once, for as many as fit into a list. @returns participant commitments. */
export function rankAll(hashing: Hashing, terms: RankingTerms, seed: string, entries: Iterable<DrawEntry>): string[] {
  const weights = new EntryWeights();
  for (const entry of entries) weights.add(entry);
  const participants = weights.participants();
  const ranks = ranksOf(hashing, terms, seed, participants);
  return Array.from({ length: ranks.size }, () => commitmentAt(participants, ranks.next()));
}
