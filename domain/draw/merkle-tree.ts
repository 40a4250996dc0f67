import type { Hashing } from './hashing.ts';

/** What the bytes of a leaf begin with; then its data. */
export const LEAF = 0x00;
const NODE = 0x01;
const HASH = 32;

export const leafHash = (hashing: Hashing, data: Uint8Array): Uint8Array => hashing.sha256(prefixed(LEAF, data));

export const nodeHash = (hashing: Hashing, left: Uint8Array, right: Uint8Array): Uint8Array =>
  hashing.sha256(prefixed(NODE, left, right));

function prefixed(prefix: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((total, part) => total + part.length, 1));
  bytes[0] = prefix;
  let offset = 1;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}

/** A leaf whose way to the root is kept: at which height its subtree stands now, and the siblings so far. */
interface Watched {
  readonly path: Uint8Array[];
  height: number;
}

/**
 * The Merkle tree of RFC 6962, fed with one leaf at a time. It holds one hash for each level, whatever the size, and
 * the paths of the leaves that it is told to watch.
 */
export class MerkleTree {
  readonly #hashing: Hashing;
  /** Full subtrees by height; one is there where the binary digit of the number of leaves is 1. */
  readonly #levels: Uint8Array[] = [];
  readonly #watched = new Map<number, Watched>();
  /** 0x01 and the hashes of two children; the hash that is carried up is always the right one. */
  readonly #node = Uint8Array.of(NODE, ...new Uint8Array(2 * HASH));
  readonly #carry = this.#node.subarray(1 + HASH);
  #leaf = new Uint8Array(512);
  #size = 0;

  constructor(hashing: Hashing) {
    this.#hashing = hashing;
  }

  /** @param watch whether the path of this leaf will be asked for. */
  add(data: Uint8Array, watch = false): void {
    if (data.length >= this.#leaf.length) this.#leaf = new Uint8Array(2 * data.length);
    this.#leaf[0] = LEAF;
    this.#leaf.set(data, 1);
    this.addLeaf(this.#leaf.subarray(0, data.length + 1), watch);
  }

  /** The same of a leaf whose bytes begin with {@link LEAF} already. */
  addLeaf(leaf: Uint8Array, watch = false): void {
    this.#hashing.sha256Into(leaf, this.#node, 1 + HASH);
    if (watch) this.#watched.set(this.#size, { path: [], height: 0 });
    let height = 0;
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2) {
      this.#join(height, this.#levels[height] as Uint8Array);
      height += 1;
    }
    const level = (this.#levels[height] ??= new Uint8Array(HASH));
    level.set(this.#carry);
    this.#size += 1;
  }

  /** Carries the parent of the full subtree of this height and of the one that ends with the newest leaf. */
  #join(height: number, left: Uint8Array): void {
    for (const [index, watched] of this.#watched) {
      if (watched.height !== height || index >> (height + 1) !== this.#size >> (height + 1)) continue;
      const isLeft = (index >> height) % 2 === 0;
      watched.path.push((isLeft ? this.#carry : left).slice());
      watched.height += 1;
    }
    this.#node.set(left, 1);
    this.#hashing.sha256Into(this.#node, this.#node, 1 + HASH);
  }

  get size(): number {
    return this.#size;
  }

  /** The root over what was added so far. More may be added afterwards. */
  root(): Uint8Array {
    if (this.#size === 0) return this.#hashing.sha256(new Uint8Array());
    const [last, ...others] = this.#peaks().toReversed();
    return others.reduce((right, left) => nodeHash(this.#hashing, left.hash, right), (last as Peak).hash);
  }

  /** The siblings of a watched leaf, from the leaf up to the root. @throws RangeError when it is not watched. */
  path(index: number): Uint8Array[] {
    const watched = this.#watched.get(index);
    if (watched === undefined) throw new RangeError(`Leaf ${index} is not watched`);
    const peaks = this.#peaks();
    const own = peaks.findIndex(({ height }) => height === watched.height);
    const right = peaks.slice(own + 1).toReversed();
    const joined = right
      .slice(1)
      .reduce<Uint8Array | undefined>(
        (hash, left) => nodeHash(this.#hashing, left.hash, hash as Uint8Array),
        right[0]?.hash,
      );
    const left = peaks
      .slice(0, own)
      .toReversed()
      .map(({ hash }) => hash);
    return [...watched.path, ...(joined ? [joined] : []), ...left.map((hash) => hash.slice())];
  }

  /** The full subtrees from left to right, each higher than the next. */
  #peaks(): Peak[] {
    return this.#levels
      .map((hash, height) => ({ hash: hash.slice(), height }))
      .filter(({ height }) => Math.floor(this.#size / 2 ** height) % 2 === 1)
      .toReversed();
  }
}

interface Peak {
  readonly hash: Uint8Array;
  readonly height: number;
}
