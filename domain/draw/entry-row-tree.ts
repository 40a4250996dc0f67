import { frame, toHex } from './bytes.ts';
import { requireTakesPart } from './entry.ts';
import { type EntryRow, entryIdOf, UUID_BYTES, UUID_LENGTH, uuidText, writeUuid } from './entry-row.ts';
import { EntryCounts, type EntryTotals, outOfOrder } from './entry-tally.ts';
import type { EntrySummary } from './entry-tree.ts';
import type { Hashing } from './hashing.ts';
import { INSTANT_LENGTH, writeInstant } from './instant.ts';
import { InvalidDraw } from './invalid-draw.ts';
import { MAX_WEIGHT, requireCount, requireReason } from './limits.ts';
import { LEAF, MerkleTree } from './merkle-tree.ts';

/**
 * What an `EntryTree` is of texts, of rows: the same checks, leaves and root. Most of what it costs to hash an entry is
 * to make texts of its bytes, to check these, and to make bytes of them again; what is made of a UUID, of 32 bytes and of
 * a number of milliseconds is well-formed as it is.
 */
export class EntryRowTree {
  readonly #tree: MerkleTree;
  readonly #leaf = new RowLeaf();
  readonly #counts = new EntryCounts();
  /** The id of the entry before, in its 16 bytes. */
  readonly #lastId = new Uint8Array(UUID_BYTES);
  /** A reason code that was found to be one. */
  #reason: string | undefined;

  constructor(hashing: Hashing) {
    this.#tree = new MerkleTree(hashing);
  }

  /** @throws InvalidDraw for a malformed entry, one that does not come after the one before, or one too many. */
  add(row: EntryRow): void {
    this.#require(row);
    this.#counts.add(row.weight, row.reason);
    this.#tree.addLeaf(this.#leaf.write(row));
  }

  #require(row: EntryRow): void {
    if (row.reason !== this.#reason) requireReason(row.reason, 'reason');
    this.#reason = row.reason;
    requireCount(row.weight, 'weight', MAX_WEIGHT);
    // A million times: the id as a text only where it is needed.
    requireTakesPart(row, () => entryIdOf(row));
    if (this.#counts.entryCount > 0 && !comesAfter(row, this.#lastId))
      throw new InvalidDraw(outOfOrder(entryIdOf(row), uuidText(this.#lastId, 0)));
    for (let byte = 0; byte < UUID_BYTES; byte += 1) this.#lastId[byte] = row.bytes[row.idAt + byte] as number;
  }

  totals(): EntryTotals {
    return this.#counts.totals();
  }

  /** Merkle root in hex. */
  root(): string {
    return toHex(this.#tree.root());
  }

  summary(): EntrySummary {
    return { root: this.root(), ...this.totals() };
  }
}

/** By the bytes of the ids, which is the order of their texts: both have the hyphens in the same places. */
function comesAfter({ bytes, idAt }: EntryRow, lastId: Uint8Array): boolean {
  for (let byte = 0; byte < UUID_BYTES; byte += 1) {
    const difference = (bytes[idAt + byte] as number) - (lastId[byte] as number);
    if (difference !== 0) return difference > 0;
  }
  return false;
}

const HASH = 32;
const TAG = frame('handsel-entry-v1');
const ID_AT = 1 + TAG.length + 4;
const PARTICIPANT_AT = ID_AT + UUID_LENGTH + 4;
const WEIGHT_AT = PARTICIPANT_AT + HASH + 4;
const REASON_AT = WEIGHT_AT + 8 + 4;
const MAX_REASON = 64;

/** The leaf of one row after the other, in the same bytes: what does not change from row to row is written once. */
class RowLeaf {
  readonly #bytes = new Uint8Array(REASON_AT + MAX_REASON + 4 + INSTANT_LENGTH);
  readonly #view = new DataView(this.#bytes.buffer);
  #reason = '';
  #leaf = this.#bytes;

  constructor() {
    this.#bytes[0] = LEAF;
    this.#bytes.set(TAG, 1);
    this.#view.setUint32(ID_AT - 4, UUID_LENGTH);
    this.#view.setUint32(PARTICIPANT_AT - 4, HASH);
    this.#view.setUint32(WEIGHT_AT - 4, 8);
  }

  /** @returns the leaf with its prefix, in bytes that the next call overwrites. */
  write({ bytes, idAt, participantAt, weight, reason, receivedAtMs }: EntryRow): Uint8Array {
    if (reason !== this.#reason) this.#setReason(reason);
    const leaf = this.#leaf;
    writeUuid(bytes, idAt, leaf, ID_AT);
    for (let byte = 0; byte < HASH; byte += 1) leaf[PARTICIPANT_AT + byte] = bytes[participantAt + byte] as number;
    this.#view.setUint32(WEIGHT_AT + 4, weight);
    writeInstant(receivedAtMs, leaf, leaf.length - INSTANT_LENGTH);
    return leaf;
  }

  /** What comes after the reason lies elsewhere now. */
  #setReason(reason: string): void {
    this.#view.setUint32(REASON_AT - 4, reason.length);
    for (let index = 0; index < reason.length; index += 1) this.#bytes[REASON_AT + index] = reason.charCodeAt(index);
    this.#view.setUint32(REASON_AT + reason.length, INSTANT_LENGTH);
    this.#leaf = this.#bytes.subarray(0, REASON_AT + reason.length + 4 + INSTANT_LENGTH);
    this.#reason = reason;
  }
}
