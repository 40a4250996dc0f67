import { toHex } from './bytes.ts';
import { type DrawEntry, entryBytes } from './entry.ts';
import { EntryTally, type EntryTotals } from './entry-tally.ts';
import type { Hashing } from './hashing.ts';
import { MerkleTree } from './merkle-tree.ts';

export interface EntrySummary extends EntryTotals {
  /** Merkle root in hex. */
  readonly root: string;
}

/** All that a commitment says of the entries, from entries that arrive one at a time in the order of their ids. */
export class EntryTree {
  readonly #tree: MerkleTree;
  readonly #tally = new EntryTally();

  constructor(hashing: Hashing) {
    this.#tree = new MerkleTree(hashing);
  }

  /** @throws InvalidDraw for a malformed entry, or one that does not come after the one before. */
  add(entry: DrawEntry): void {
    this.#tally.add(entry);
    this.#tree.add(entryBytes(entry));
  }

  summary(): EntrySummary {
    return { root: toHex(this.#tree.root()), ...this.#tally.totals() };
  }
}
