import type { Hashing } from './hashing.ts';
import { requireDraw } from './invalid-draw.ts';
import { nodeHash } from './merkle-tree.ts';

export interface PathFromLeaf {
  readonly leaf: Uint8Array;
  readonly index: number;
  /** How many leaves the tree has. */
  readonly size: number;
  readonly path: readonly Uint8Array[];
}

/** The root that this path leads to. @throws InvalidDraw when no leaf of such a tree has a path of this length. */
export function rootFromPath(hashing: Hashing, { leaf, index, size, path }: PathFromLeaf): Uint8Array {
  requireDraw(Number.isInteger(index) && index >= 0 && index < size, 'The leaf is not in the tree');
  const siblings = [...path];
  let hash = leaf;
  let at = index;
  for (let width = size; width > 1; width = (width + 1) >> 1) {
    if ((at ^ 1) < width) {
      const sibling = siblings.shift();
      requireDraw(sibling !== undefined, 'The path is too short');
      hash = at % 2 === 0 ? nodeHash(hashing, hash, sibling) : nodeHash(hashing, sibling, hash);
    }
    at >>= 1;
  }
  requireDraw(siblings.length === 0, 'The path is too long');
  return hash;
}
