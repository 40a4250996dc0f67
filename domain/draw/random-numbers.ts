import { frame, fromHex, uint64 } from './bytes.ts';
import type { Hashing } from './hashing.ts';

const RANGE = 2n ** 64n;

/** Uniform integers from a seed: HMAC-SHA-256 in counter mode, one block per number, with rejection sampling. */
export class RandomNumbers {
  readonly #hashing: Hashing;
  readonly #seed: Uint8Array;
  #counter = 0;

  /** @param seed hex of 32 bytes. */
  constructor(hashing: Hashing, seed: string) {
    this.#hashing = hashing;
    this.#seed = fromHex(seed);
  }

  /** A number from 0 to `bound` - 1, each as likely as the others; `bound` is an integer from 1 to 2^53 - 1. */
  below(bound: number): number {
    const size = BigInt(bound);
    // Without it the numbers below 2^64 mod bound would come a little more often than the rest.
    const limit = RANGE - (RANGE % size);
    let value = this.#next();
    while (value >= limit) value = this.#next();
    return Number(value % size);
  }

  /** How many blocks were used so far. */
  get blocksUsed(): number {
    return this.#counter;
  }

  #next(): bigint {
    const block = this.#hashing.hmacSha256(this.#seed, frame('handsel-rank-v1', uint64(this.#counter)));
    this.#counter += 1;
    return new DataView(block.buffer, block.byteOffset).getBigUint64(0);
  }
}
