import { fromHex, toHex } from './bytes.ts';
import { type DrawEntry, entryBytes, requireEntry } from './entry.ts';
import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { leafHash } from './merkle-tree.ts';
import { inclusionPath, rootFromPath } from './merkle-path.ts';

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

/** @param entries all entries of the tree, in the order of their ids. */
export function findMembership(hashing: Hashing, entries: readonly DrawEntry[], entryId: string): Membership {
  const leaves = entries.map((entry) => leafHash(hashing, entryBytes(entry)));
  const at = (index: number): EntryInTree | null => {
    const entry = entries[index];
    return entry ? { index, entry, path: inclusionPath(hashing, leaves, index).map(toHex) } : null;
  };
  const index = entries.findIndex((entry) => entry.entryId >= entryId);
  const after = index === -1 ? null : at(index);
  if (after?.entry.entryId === entryId) return { kind: 'included', at: after };
  return { kind: 'omitted', before: at((index === -1 ? entries.length : index) - 1), after };
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
