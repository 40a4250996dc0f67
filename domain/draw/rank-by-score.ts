import { fromHex, toHex } from './bytes.ts';
import type { WeighedParticipants } from './entry-weights.ts';
import type { Hashing } from './hashing.ts';

const HASH = 32;

/**
 * Every participant with a score, once: the highest score first. Among equals the lower HMAC of the participant under
 * the seed comes first, which nobody knows before the draw.
 */
export class ScoreRanking {
  ranked = 0;
  readonly #order: Uint32Array;

  /** @param seed hex of 32 bytes. */
  constructor(hashing: Hashing, seed: string, { weights, commitments }: WeighedParticipants) {
    const key = fromHex(seed);
    const lots = Array.from(weights, (_, index) =>
      toHex(hashing.hmacSha256(key, commitments.subarray(index * HASH, (index + 1) * HASH))),
    );
    this.#order = Uint32Array.from(lots.keys()).toSorted(
      (left, right) =>
        (weights[right] as number) - (weights[left] as number) ||
        ((lots[left] as string) < (lots[right] as string) ? -1 : 1),
    );
  }

  get size(): number {
    return this.#order.length;
  }

  /** The place, among the participants, of who gets the next rank; -1 when all are ranked. */
  next(): number {
    if (this.ranked === this.#order.length) return -1;
    this.ranked += 1;
    return this.#order[this.ranked - 1] as number;
  }
}
