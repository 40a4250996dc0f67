import { frame, fromHex, uint64 } from './bytes.ts';
import type { Hashing } from './hashing.ts';

const RANGE = 2n ** 64n;
const TWO_TO_32 = 2 ** 32;
const HALF = 2 ** 16;
/** Below it the product of a remainder and 2^16 is exact; above it the sums are left to bigint. */
const HALVES_LIMIT = 2 ** 37;
const BLOCK = 64;
const HASH = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;

/**
 * Uniform integers from a seed: HMAC-SHA-256 in counter mode, one block per number, with rejection sampling. The HMAC is
 * written out (RFC 2104) on two prepared messages: a draw of a million takes a million of them, with one key.
 */
export class RandomNumbers {
  readonly #hashing: Hashing;
  readonly #inner: Uint8Array;
  readonly #outer: Uint8Array;
  readonly #counterAt: DataView;
  readonly #block = new Uint8Array(HASH);
  readonly #blockAt = new DataView(this.#block.buffer);
  /** The first eight bytes of the blocks from 0 to `#preparedCount` - 1, as two numbers each. */
  #prepared = new Uint32Array();
  #preparedCount = 0;
  #counter = 0;

  /** @param seed hex of 32 bytes. */
  constructor(hashing: Hashing, seed: string) {
    this.#hashing = hashing;
    const message = frame('handsel-rank-v1', uint64(0));
    this.#inner = padded(seed, INNER_PAD, message);
    this.#outer = padded(seed, OUTER_PAD, new Uint8Array(HASH));
    this.#counterAt = new DataView(this.#inner.buffer, this.#inner.length - 8);
  }

  /**
   * Computes the next blocks before they are asked for, which changes no number: for who has time now. Takes 8 bytes for
   * each.
   * @param most how many there may be in all.
   * @returns how many there are.
   */
  prepare(count: number, most: number): number {
    if (this.#prepared.length === 0) this.#prepared = new Uint32Array(2 * most);
    const end = Math.min(this.#preparedCount + count, this.#prepared.length / 2);
    for (; this.#preparedCount < end; this.#preparedCount += 1) {
      this.#compute(this.#preparedCount);
      this.#prepared[2 * this.#preparedCount] = this.#blockAt.getUint32(0);
      this.#prepared[2 * this.#preparedCount + 1] = this.#blockAt.getUint32(4);
    }
    return this.#preparedCount;
  }

  /** A number from 0 to `bound` - 1, each as likely as the others; `bound` is an integer from 1 to 2^53 - 1. */
  below(bound: number): number {
    for (;;) {
      const number = this.#counter;
      this.#counter += 1;
      const isPrepared = number < this.#preparedCount;
      if (!isPrepared) this.#compute(number);
      const high = isPrepared ? (this.#prepared[2 * number] as number) : this.#blockAt.getUint32(0);
      const low = isPrepared ? (this.#prepared[2 * number + 1] as number) : this.#blockAt.getUint32(4);
      if (isBelowLimit(high, low, bound)) return remainder(high, low, bound);
    }
  }

  /** How many blocks were used so far. */
  get blocksUsed(): number {
    return this.#counter;
  }

  #compute(number: number): void {
    this.#counterAt.setUint32(0, Math.floor(number / TWO_TO_32));
    this.#counterAt.setUint32(4, number % TWO_TO_32);
    this.#hashing.sha256Into(this.#inner, this.#outer, BLOCK);
    this.#hashing.sha256Into(this.#outer, this.#block, 0);
  }
}

function padded(key: string, pad: number, message: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(BLOCK + message.length).fill(pad, 0, BLOCK);
  for (const [at, byte] of fromHex(key).entries()) bytes[at] = byte ^ pad;
  bytes.set(message, BLOCK);
  return bytes;
}

/** Without the limit the numbers below 2^64 mod bound would come a little more often than the rest. */
function isBelowLimit(high: number, low: number, bound: number): boolean {
  // The limit lies less than `bound` below 2^64: nearly every number is far from it.
  if (high < TWO_TO_32 - 1 - Math.floor(bound / TWO_TO_32) - 1) return true;
  return joined(high, low) < RANGE - (RANGE % BigInt(bound));
}

/** (high · 2^32 + low) mod bound. */
function remainder(high: number, low: number, bound: number): number {
  if (bound > HALVES_LIMIT) return Number(joined(high, low) % BigInt(bound));
  const upper = ((high % bound) * HALF + Math.floor(low / HALF)) % bound;
  return (upper * HALF + (low % HALF)) % bound;
}

const joined = (high: number, low: number): bigint => (BigInt(high) << 32n) | BigInt(low);
