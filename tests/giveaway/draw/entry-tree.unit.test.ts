import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../../domain/draw/bytes.ts';
import { EntryTree } from '../../../domain/draw/entry-tree.ts';
import { findMembership, type Membership, requireMembership } from '../../../domain/draw/membership.ts';
import { rootFromPath } from '../../../domain/draw/merkle-path.ts';
import { leafHash, MerkleTree } from '../../../domain/draw/merkle-tree.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { makeEntries } from './build-draw.ts';
import { readVector } from './read-vector.ts';

interface TreeVector {
  size: number;
  root: string;
  paths: string[][];
}

const leavesOf = (size: number): Uint8Array[] => Array.from({ length: size }, (_, index) => utf8(`leaf ${index}`));

function summarize(entries: ReturnType<typeof makeEntries>) {
  const tree = new EntryTree(drawCrypto);
  for (const entry of entries) tree.add(entry);
  return tree.summary();
}

describe.each(readVector<TreeVector[]>('merkle'))('a Merkle tree of $size leaves', ({ size, root, paths }) => {
  const hashes = leavesOf(size).map((leaf) => leafHash(drawCrypto, leaf));

  it('has the known root, at every step of the stream', () => {
    const tree = new MerkleTree(drawCrypto);
    for (const leaf of leavesOf(size)) {
      tree.add(leaf);
      tree.root();
    }
    expect(toHex(tree.root())).toBe(root);
  });

  it('has the known path for every leaf, which leads to the root', () => {
    const tree = new MerkleTree(drawCrypto);
    for (const leaf of leavesOf(size)) tree.add(leaf, true);
    for (const [index, path] of paths.entries()) {
      expect(tree.path(index).map(toHex)).toEqual(path);
      const leaf = hashes[index] as Uint8Array;
      expect(toHex(rootFromPath(drawCrypto, { leaf, index, size, path: path.map(fromHex) }))).toBe(root);
    }
  });
});

describe('the entries of a draw', () => {
  it('are counted by reason and weighed', () => {
    const { root, ...totals } = summarize(makeEntries([3, 0, 4, 0, 1]));
    expect(root).toMatch(/^[0-9a-f]{64}$/);
    expect(totals).toEqual({ entryCount: 5, countsByReason: { eligible: 3, under_age: 2 }, totalWeight: 8 });
  });

  it('are refused out of order, twice, or with a weight that does not go with the reason', () => {
    const [first, second] = makeEntries([1, 1]) as [
      ReturnType<typeof makeEntries>[0],
      ReturnType<typeof makeEntries>[0],
    ];
    expect(() => summarize([second, first])).toThrow('must not come after');
    expect(() => summarize([first, first])).toThrow('comes twice');
    expect(() => summarize([{ ...first, weight: 0 }])).toThrow('eligible with weight 0');
    expect(() => summarize([{ ...first, reason: 'bot' }])).toThrow('bot with weight 1');
    expect(() => summarize([{ ...first, weight: 1_000_001 }])).toThrow('from 0 to 1000000');
    expect(() => summarize([{ ...first, weight: 1.5 }])).toThrow('not an integer');
  });
});

describe('evidence that an entry is in the tree or is not', () => {
  const sizes = fc.integer({ min: 0, max: 40 });
  const ids = fc.integer({ min: -1, max: 41 }).chain((index) => fc.constantFrom(idAt(index), `${idAt(index)}-x`));
  const idAt = (index: number) => (index < 0 ? 'aaa' : `entry-${String(index).padStart(4, '0')}`);

  it('is true and holds for any id in a tree of any size', () => {
    fc.assert(
      fc.property(sizes, ids, (size, id) => {
        const entries = makeEntries(Array.from({ length: size }, () => 1));
        const membership = findMembership(drawCrypto, entries, id);
        expect(membership.kind).toBe(entries.some(({ entryId }) => entryId === id) ? 'included' : 'omitted');
        requireMembership(drawCrypto, summarize(entries), id, membership);
      }),
    );
  });

  const entries = makeEntries([1, 1, 1, 1, 1]);
  const tree = summarize(entries);
  const at = (index: number) => {
    const found = findMembership(drawCrypto, entries, idAt(index));
    if (found.kind !== 'included') throw new Error('not found');
    return found.at;
  };

  it.each<[string, string, Membership]>([
    ['of another entry', idAt(1), { kind: 'included', at: at(2) }],
    ['with a changed weight', idAt(2), { kind: 'included', at: { ...at(2), entry: { ...at(2).entry, weight: 2 } } }],
    ['at another index', idAt(2), { kind: 'included', at: { ...at(2), index: 3 } }],
    ['at an index beyond the tree', idAt(2), { kind: 'included', at: { ...at(2), index: 5 } }],
    ['with a path too short', idAt(2), { kind: 'included', at: { ...at(2), path: at(2).path.slice(1) } }],
    ['with a path too long', idAt(2), { kind: 'included', at: { ...at(2), path: [...at(2).path, tree.root] } }],
    ['of a gap that hides an entry', idAt(2), { kind: 'omitted', before: at(1), after: at(3) }],
    ['of a gap elsewhere', idAt(2), { kind: 'omitted', before: at(3), after: at(4) }],
    ['of an end that is not the end', idAt(4), { kind: 'omitted', before: at(3), after: null }],
    ['of a beginning that is not the first', idAt(0), { kind: 'omitted', before: null, after: at(1) }],
    ['of no neighbours in a tree that has entries', idAt(2), { kind: 'omitted', before: null, after: null }],
  ])('is refused %s', (_, id, membership) => {
    expect(() => requireMembership(drawCrypto, tree, id, membership)).toThrow();
  });
});
