import { toHex, writeHex } from './bytes.ts';
import type { DrawEntry } from './entry.ts';
import { requireDraw } from './invalid-draw.ts';

const HASH = 32;
/** A key for sorting is the first 40 bits of a commitment and the number of its entry, of which there are 10^7. */
const INDEX_BITS = 24n;
const INDEX_MASK = (1n << INDEX_BITS) - 1n;
const FIRST_CAPACITY = 1_024;

/** Who takes part in a draw: sorted by commitment, each once, with the sum of their entries' weights. */
export interface WeighedParticipants {
  readonly weights: Float64Array;
  readonly totalWeight: number;
  /** 32 bytes for each. */
  readonly commitments: Uint8Array;
}

/** Collects the weights of entries, in any order, in 48 bytes for each entry that has one. */
export class EntryWeights {
  #commitments = new Uint8Array(FIRST_CAPACITY * HASH);
  #weights = new Float64Array(FIRST_CAPACITY);
  #count = 0;

  add({ participant, weight }: DrawEntry): void {
    if (weight === 0) return;
    const at = this.#room();
    requireDraw(writeHex(participant, this.#commitments, at), 'Not lowercase hex');
    this.#keep(weight);
  }

  /** The same of an entry of which only this is known: the 32 bytes of its participant's commitment. */
  addWeight(commitment: Uint8Array, weight: number): void {
    if (weight === 0) return;
    requireDraw(commitment.length === HASH, 'Not a commitment');
    const at = this.#room();
    this.#commitments.set(commitment, at);
    this.#keep(weight);
  }

  /** @returns where the next commitment belongs; there may be other bytes to write to than before. */
  #room(): number {
    if (this.#count === this.#weights.length) this.#grow();
    return this.#count * HASH;
  }

  #keep(weight: number): void {
    this.#weights[this.#count] = weight;
    this.#count += 1;
  }

  #grow(): void {
    const [commitments, weights] = [this.#commitments, this.#weights];
    this.#commitments = new Uint8Array(2 * commitments.length);
    this.#commitments.set(commitments);
    this.#weights = new Float64Array(2 * weights.length);
    this.#weights.set(weights);
  }

  participants(): WeighedParticipants {
    const commitments = new Uint8Array(this.#count * HASH);
    const weights = new Float64Array(this.#count);
    let last = -1;
    let totalWeight = 0;
    for (const index of this.#sorted()) {
      const weight = this.#weights[index] as number;
      if (last < 0 || !equal(commitments, last, this.#commitments, index)) {
        last += 1;
        commitments.set(this.#commitments.subarray(index * HASH, (index + 1) * HASH), last * HASH);
      }
      weights[last] = (weights[last] as number) + weight;
      totalWeight += weight;
    }
    return {
      commitments: commitments.subarray(0, (last + 1) * HASH),
      weights: weights.subarray(0, last + 1),
      totalWeight,
    };
  }

  /** The numbers of the entries in the order of their commitments. */
  #sorted(): Uint32Array {
    const keys = new BigUint64Array(this.#count);
    const view = new DataView(this.#commitments.buffer);
    for (let index = 0; index < this.#count; index += 1) {
      const first = view.getBigUint64(index * HASH);
      keys[index] = (first & ~INDEX_MASK) | BigInt(index);
    }
    keys.sort();
    const order = Uint32Array.from(keys, (key) => Number(key & INDEX_MASK));
    this.#sortTies(keys, order);
    return order;
  }

  /** Entries of one participant, and those few that begin alike, lie together by now: insertion is enough. */
  #sortTies(keys: BigUint64Array, order: Uint32Array): void {
    for (let at = 1; at < order.length; at += 1) {
      const moving = order[at] as number;
      let to = at;
      for (; to > 0 && (keys[to - 1] as bigint) >> INDEX_BITS === (keys[at] as bigint) >> INDEX_BITS; to -= 1) {
        if (compare(this.#commitments, order[to - 1] as number, moving) <= 0) break;
        order[to] = order[to - 1] as number;
      }
      order[to] = moving;
    }
  }
}

function compare(commitments: Uint8Array, left: number, right: number): number {
  for (let byte = 0; byte < HASH; byte += 1) {
    const difference = (commitments[left * HASH + byte] as number) - (commitments[right * HASH + byte] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function equal(left: Uint8Array, leftIndex: number, right: Uint8Array, rightIndex: number): boolean {
  for (let byte = HASH - 1; byte >= 0; byte -= 1) {
    if (left[leftIndex * HASH + byte] !== right[rightIndex * HASH + byte]) return false;
  }
  return true;
}

/** The commitment in hex of the participant at this place. */
export const commitmentAt = ({ commitments }: WeighedParticipants, index: number): string =>
  toHex(commitments.subarray(index * HASH, (index + 1) * HASH));

/** Whether the participant at this place has this commitment, in well-formed hex. */
export function isCommitmentAt({ commitments }: WeighedParticipants, index: number, participant: string): boolean {
  writeHex(participant, scratch, 0);
  return equal(commitments, index, scratch, 0);
}

const scratch = new Uint8Array(HASH);

/** Writes the 32 bytes of the participant at this place into the target. */
export function copyCommitment(
  { commitments }: WeighedParticipants,
  index: number,
  target: Uint8Array,
  at: number,
): void {
  for (let byte = 0; byte < HASH; byte += 1) target[at + byte] = commitments[index * HASH + byte] as number;
}
