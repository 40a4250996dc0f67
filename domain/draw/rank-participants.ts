import type { DrawEntry } from './entry.ts';
import { FenwickTree } from './fenwick-tree.ts';
import type { Hashing } from './hashing.ts';
import { RandomNumbers } from './random-numbers.ts';

/**
 * Every participant with a weight, once, in the order of the draw: each place goes to one of those left, with a chance
 * in proportion to the weights of their entries. The order of the entries does not matter.
 * @param seed hex of 32 bytes.
 * @returns participant commitments; rank 1 comes first.
 */
export function rankParticipants(hashing: Hashing, seed: string, entries: Iterable<DrawEntry>): string[] {
  const participants = [...sumWeights(entries)].toSorted(([left], [right]) => (left < right ? -1 : 1));
  const weights = new FenwickTree(participants.map(([, weight]) => weight));
  const numbers = new RandomNumbers(hashing, seed);
  const ranking: string[] = [];
  let left = participants.reduce((total, [, weight]) => total + weight, 0);
  while (left > 0) {
    const index = weights.find(numbers.below(left));
    const [participant, weight] = participants[index] as [string, number];
    weights.subtract(index, weight);
    left -= weight;
    ranking.push(participant);
  }
  return ranking;
}

function sumWeights(entries: Iterable<DrawEntry>): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { participant, weight } of entries) {
    if (weight > 0) sums.set(participant, (sums.get(participant) ?? 0) + weight);
  }
  return sums;
}
