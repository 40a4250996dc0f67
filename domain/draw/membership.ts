import { fromHex, toHex } from './bytes.ts';
import { type DrawEntry, requireEntry } from './entry.ts';
import { entryBytes } from './entry-leaf.ts';
import { EntryTree } from './entry-tree.ts';
import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { leafHash } from './merkle-tree.ts';
import { rootFromPath } from './merkle-path.ts';

/** An entry and the way from its leaf to the root. */
export interface EntryInTree {
  readonly index: number;
  readonly entry: DrawEntry;
  /** Sibling hashes in hex, from the leaf upwards. */
  readonly path: readonly string[];
}

/** Whether an id is among the entries of a root, with the evidence; small, whatever the number of entries. */
export type Membership =
  | { readonly kind: 'included'; readonly at: EntryInTree }
  /** The neighbours between which the id would stand; null beyond the first and the last entry. */
  | { readonly kind: 'omitted'; readonly before: EntryInTree | null; readonly after: EntryInTree | null };

export interface CommittedTree {
  readonly root: string;
  readonly entryCount: number;
}

interface Place {
  readonly index: number;
  readonly entry: DrawEntry;
}

/**
 * Looks for an id while the entries go into their tree, one at a time. One of them is held back, since it shows only with
 * the next one whether it is a neighbour.
 */
export class MembershipSearch {
  readonly #tree: EntryTree;
  readonly #entryId: string;
  #held: DrawEntry | undefined;
  #before: Place | undefined;
  #at: Place | undefined;
  #after: Place | undefined;

  constructor(tree: EntryTree, entryId: string) {
    this.#tree = tree;
    this.#entryId = entryId;
  }

  /** @throws InvalidDraw as `EntryTree.add` does, one entry later. */
  add(entry: DrawEntry): void {
    if (this.#held) this.#grow(this.#held, entry);
    this.#held = entry;
  }

  #grow(entry: DrawEntry, next: DrawEntry | undefined): void {
    const place = { index: this.#tree.size, entry };
    const sought = this.#entryId;
    if (entry.entryId === sought) this.#at = place;
    else if (entry.entryId < sought && (next === undefined || next.entryId > sought)) this.#before = place;
    else if (entry.entryId > sought && this.#at === undefined) this.#after ??= place;
    this.#tree.add(entry, [this.#before, this.#at, this.#after].includes(place));
  }

  /** All entries were added. @throws InvalidDraw as `add` does. */
  end(): Membership {
    if (this.#held) this.#grow(this.#held, undefined);
    this.#held = undefined;
    if (this.#at) return { kind: 'included', at: this.#withPath(this.#at) };
    const [before, after] = [this.#before, this.#after].map((place) => (place ? this.#withPath(place) : null));
    return { kind: 'omitted', before: before ?? null, after: after ?? null };
  }

  #withPath({ index, entry }: Place): EntryInTree {
    return { index, entry, path: this.#tree.path(index) };
  }
}

/** @param entries all entries of the tree, in the order of their ids. */
export function findMembership(hashing: Hashing, entries: Iterable<DrawEntry>, entryId: string): Membership {
  const search = new MembershipSearch(new EntryTree(hashing), entryId);
  for (const entry of entries) search.add(entry);
  return search.end();
}

/** @throws InvalidDraw when the evidence does not show, for this root, what it says of the id. */
export function requireMembership(
  hashing: Hashing,
  tree: CommittedTree,
  entryId: string,
  membership: Membership,
): void {
  if (membership.kind === 'included') {
    requireInTree(hashing, tree, membership.at);
    requireDraw(membership.at.entry.entryId === entryId, `The evidence is for entry ${membership.at.entry.entryId}`);
    return;
  }
  const { before, after } = membership;
  if (before) requireInTree(hashing, tree, before);
  if (after) requireInTree(hashing, tree, after);
  const gap = (after?.index ?? tree.entryCount) - (before?.index ?? -1);
  requireDraw(gap === 1, 'The entries around the gap are not neighbours');
  const between = (!before || before.entry.entryId < entryId) && (!after || entryId < after.entry.entryId);
  requireDraw(between, `Entry ${entryId} does not belong between these neighbours`);
}

function requireInTree(hashing: Hashing, tree: CommittedTree, { index, entry, path }: EntryInTree): void {
  requireEntry(entry);
  const leaf = leafHash(hashing, entryBytes(entry));
  const root = rootFromPath(hashing, { leaf, index, size: tree.entryCount, path: path.map(fromHex) });
  requireDraw(toHex(root) === tree.root, `The path of entry ${entry.entryId} does not lead to the root`);
}
