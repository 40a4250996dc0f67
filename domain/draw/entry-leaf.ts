import { frame, writeHex } from './bytes.ts';
import type { DrawEntry } from './entry.ts';

const TAG = frame('handsel-entry-v1');
const HASH = 32;
const WEIGHT = 8;
/** The longest of each field, and their lengths. */
const CAPACITY = TAG.length + 5 * 4 + 128 + HASH + WEIGHT + 64 + 24;

/**
 * Writes the data of one leaf after the other into the same bytes: a draw of a million makes a million of them. The
 * entries are well-formed; their texts are ASCII, so that a character is a byte.
 */
export class EntryLeaf {
  readonly #bytes = new Uint8Array(CAPACITY);
  readonly #view = new DataView(this.#bytes.buffer);

  constructor() {
    this.#bytes.set(TAG);
  }

  /** @returns bytes that the next call overwrites. */
  write(entry: DrawEntry): Uint8Array {
    let at = this.#text(TAG.length, entry.entryId);
    at = this.#length(at, HASH);
    writeHex(entry.participant, this.#bytes, at);
    at = this.#length(at + HASH, WEIGHT);
    this.#view.setUint32(at, 0);
    this.#view.setUint32(at + 4, entry.weight);
    at = this.#text(at + WEIGHT, entry.reason);
    at = this.#text(at, entry.receivedAt);
    return this.#bytes.subarray(0, at);
  }

  #length(at: number, length: number): number {
    this.#view.setUint32(at, length);
    return at + 4;
  }

  #text(at: number, text: string): number {
    const start = this.#length(at, text.length);
    for (let index = 0; index < text.length; index += 1) this.#bytes[start + index] = text.charCodeAt(index);
    return start + text.length;
  }
}

/** The data of an entry's leaf in the Merkle tree. */
export const entryBytes = (entry: DrawEntry): Uint8Array => new EntryLeaf().write(entry).slice();
