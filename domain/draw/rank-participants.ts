import type { DrawEntry } from './entry.ts';
import { commitmentAt, EntryWeights, type WeighedParticipants } from './entry-weights.ts';
import { FenwickTree } from './fenwick-tree.ts';
import type { Hashing } from './hashing.ts';
import { RandomNumbers } from './random-numbers.ts';

/**
 * Every participant with a weight, once, in the order of the draw: each place goes to one of those left, with a chance
 * in proportion to the weights of their entries.
 */
export class Ranking {
  /** How many are ranked in the end. */
  readonly size: number;
  readonly #weights: FenwickTree;
  readonly #numbers: RandomNumbers;
  #left: number;
  #ranked = 0;

  /** @param numbers of which none was used. */
  constructor(numbers: RandomNumbers, participants: WeighedParticipants) {
    this.size = participants.weights.length;
    this.#weights = new FenwickTree(participants.weights);
    this.#numbers = numbers;
    this.#left = participants.totalWeight;
  }

  /** How many are ranked so far. */
  get ranked(): number {
    return this.#ranked;
  }

  /** The place, among the participants, of who gets the next rank; -1 when all are ranked. */
  next(): number {
    if (this.#left === 0) return -1;
    const index = this.#weights.find(this.#numbers.below(this.#left));
    this.#left -= this.#weights.remove(index);
    this.#ranked += 1;
    return index;
  }
}

/**
 * The whole ranking at once, for as many as fit into a list.
 * @returns participant commitments; rank 1 comes first.
 */
export function rankParticipants(hashing: Hashing, seed: string, entries: Iterable<DrawEntry>): string[] {
  const weights = new EntryWeights();
  for (const entry of entries) weights.add(entry);
  const participants = weights.participants();
  const ranking = new Ranking(new RandomNumbers(hashing, seed), participants);
  return Array.from({ length: ranking.size }, () => commitmentAt(participants, ranking.next()));
}
