/** Weights that lie together in memory: to add up so few is faster than to descend to each. */
const GROUP = 16;

/**
 * Weights by index, with the sums that a weighted choice needs, in logarithmic time (Fenwick, 1994). The tree is of the
 * sums of groups; within its group an index is found by adding up.
 */
export class FenwickTree {
  /** What is left of each weight. */
  readonly #weights: Float64Array;
  /** `#sums[i]` is the weight of the `i & -i` groups that end with group i - 1. Doubles are exact below 2^53. */
  readonly #sums: Float64Array;
  /** The largest power of two that is at most the number of groups. */
  #highestStep = 1;

  /** The sum of the weights must be below 2^53. */
  constructor(weights: ArrayLike<number>) {
    this.#weights = Float64Array.from(weights);
    const count = Math.ceil(weights.length / GROUP);
    this.#sums = new Float64Array(count + 1);
    while (this.#highestStep * 2 <= count) this.#highestStep *= 2;
    for (let index = 0; index < weights.length; index += 1) this.#add(groupOf(index) + 1, this.#weightAt(index));
    // Each sum is complete when the loop gets to it, and is then part of one other.
    for (let at = 1; at <= count; at += 1) {
      const whole = at + (at & -at);
      if (whole <= count) this.#add(whole, this.#sumAt(at));
    }
  }

  #weightAt(index: number): number {
    return this.#weights[index] as number;
  }

  #sumAt(index: number): number {
    return this.#sums[index] as number;
  }

  #add(at: number, weight: number): void {
    this.#sums[at] = this.#sumAt(at) + weight;
  }

  /** Takes the weight of an index away. @returns what it was. */
  remove(index: number): number {
    const weight = this.#weightAt(index);
    this.#weights[index] = 0;
    for (let at = groupOf(index) + 1; at < this.#sums.length; at += at & -at) this.#add(at, -weight);
    return weight;
  }

  /** The first index up to which, itself included, the weights add up to more than `target`, which is less than all. */
  find(target: number): number {
    const last = this.#sums.length - 1;
    let group = 0;
    let rest = target;
    for (let step = this.#highestStep; step >= 1; step >>= 1) {
      if (group + step > last) continue;
      const sum = this.#sumAt(group + step);
      if (sum > rest) continue;
      group += step;
      rest -= sum;
    }
    let index = group * GROUP;
    for (; this.#weightAt(index) <= rest; index += 1) rest -= this.#weightAt(index);
    return index;
  }
}

const groupOf = (index: number): number => Math.floor(index / GROUP);
