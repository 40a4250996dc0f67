import type { Hashing } from './hashing.ts';

const LEAF = 0x00;
const NODE = 0x01;

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

export const leafHash = (hashing: Hashing, data: Uint8Array): Uint8Array => hashing.sha256(prefixed(LEAF, data));

export const nodeHash = (hashing: Hashing, left: Uint8Array, right: Uint8Array): Uint8Array =>
  hashing.sha256(prefixed(NODE, left, right));

interface Subtree {
  readonly hash: Uint8Array;
  readonly height: number;
}

/** The Merkle tree of RFC 6962, fed with one leaf at a time. It holds one hash per level, whatever the size. */
export class MerkleTree {
  readonly #hashing: Hashing;
  /** Full subtrees from left to right, each higher than the next: the binary digits of the number of leaves. */
  readonly #subtrees: Subtree[] = [];

  constructor(hashing: Hashing) {
    this.#hashing = hashing;
  }

  add(data: Uint8Array): void {
    let carry: Subtree = { hash: leafHash(this.#hashing, data), height: 0 };
    for (let last = this.#subtrees.at(-1); last?.height === carry.height; last = this.#subtrees.at(-1)) {
      this.#subtrees.pop();
      carry = { hash: nodeHash(this.#hashing, last.hash, carry.hash), height: carry.height + 1 };
    }
    this.#subtrees.push(carry);
  }

  /** The root over what was added so far. More may be added afterwards. */
  root(): Uint8Array {
    const last = this.#subtrees.at(-1);
    if (last === undefined) return this.#hashing.sha256(new Uint8Array());
    const others = this.#subtrees.slice(0, -1);
    return others.reduceRight((right, left) => nodeHash(this.#hashing, left.hash, right), last.hash);
  }
}
