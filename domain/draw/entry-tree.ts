import { toHex } from './bytes.ts';
import type { DrawEntry } from './entry.ts';
import { EntryLeaf } from './entry-leaf.ts';
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
  readonly #leaf = new EntryLeaf();
  readonly #tally = new EntryTally();

  constructor(hashing: Hashing) {
    this.#tree = new MerkleTree(hashing);
  }

  /**
   * @param watch whether the path of this entry will be asked for.
   * @throws InvalidDraw for a malformed entry, or one that does not come after the one before.
   */
  add(entry: DrawEntry, watch = false): void {
    this.#tally.add(entry);
    this.#tree.add(this.#leaf.write(entry), watch);
  }

  /** How many entries there are so far. */
  get size(): number {
    return this.#tree.size;
  }

  /** Sibling hashes in hex of a watched entry, from the leaf upwards. */
  path(index: number): string[] {
    return this.#tree.path(index).map(toHex);
  }

  totals(): EntryTotals {
    return this.#tally.totals();
  }

  root(): string {
    return toHex(this.#tree.root());
  }

  summary(): EntrySummary {
    return { root: this.root(), ...this.totals() };
  }
}
