import { toHex, writeHex } from './bytes.ts';
import type { DrawEntry } from './entry.ts';
import type { EntryRow } from './entry-row.ts';
import { requireDraw } from './invalid-draw.ts';

const HASH = 32;
/** Sorting looks at two bytes at a time, and at the first four of a commitment. */
const DIGIT_VALUES = 2 ** 16;
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

  /** The same of an entry in the bytes of its row. */
  addRow({ bytes, participantAt, weight }: EntryRow): void {
    if (weight === 0) return;
    const at = this.#room();
    copyHash(bytes, participantAt, this.#commitments, at);
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
        copyHash(this.#commitments, index * HASH, commitments, last * HASH);
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

  /**
   * The numbers of the entries in the order of their commitments: by their first four bytes in two passes (a radix sort,
   * the less significant digit first), then those few that begin alike.
   */
  #sorted(): Uint32Array {
    const keys = new Uint32Array(this.#count);
    const view = new DataView(this.#commitments.buffer);
    for (let index = 0; index < keys.length; index += 1) keys[index] = view.getUint32(index * HASH);
    const order = sortedByDigit(keys, sortedByDigit(keys, Uint32Array.from(keys.keys()), 0), 16);
    this.#sortTies(keys, order);
    return order;
  }

  /** Entries of one participant, and those few that begin alike, lie together by now: insertion is enough. */
  #sortTies(keys: Uint32Array, order: Uint32Array): void {
    for (let at = 1; at < order.length; at += 1) {
      const moving = order[at] as number;
      let to = at;
      for (; to > 0 && keys[order[to - 1] as number] === keys[moving]; to -= 1) {
        if (compare(this.#commitments, order[to - 1] as number, moving) <= 0) break;
        order[to] = order[to - 1] as number;
      }
      order[to] = moving;
    }
  }
}

/** The same indices by 16 bits of their keys, from this one on; equal ones stay in their order. */
function sortedByDigit(keys: Uint32Array, order: Uint32Array, shift: number): Uint32Array {
  const ends = new Uint32Array(DIGIT_VALUES);
  const digitOf = (index: number): number => ((keys[index] as number) >>> shift) & (DIGIT_VALUES - 1);
  for (let index = 0; index < keys.length; index += 1) {
    const digit = digitOf(index);
    ends[digit] = (ends[digit] as number) + 1;
  }
  for (let digit = 1; digit < DIGIT_VALUES; digit += 1)
    ends[digit] = (ends[digit] as number) + (ends[digit - 1] as number);
  const sorted = new Uint32Array(order.length);
  for (let at = order.length - 1; at >= 0; at -= 1) {
    const index = order[at] as number;
    const digit = digitOf(index);
    const end = (ends[digit] as number) - 1;
    ends[digit] = end;
    sorted[end] = index;
  }
  return sorted;
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
  copyHash(commitments, index * HASH, target, at);
}

/** Faster than a view of 32 bytes and a copy of it. */
function copyHash(source: Uint8Array, from: number, target: Uint8Array, to: number): void {
  for (let byte = 0; byte < HASH; byte += 1) target[to + byte] = source[from + byte] as number;
}
