/** Weights by index, with the prefix sums that a weighted choice needs, in logarithmic time (Fenwick, 1994). */
export class FenwickTree {
  /** `#sums[i]` is the weight of the `i & -i` items that end with item i - 1. Doubles are exact below 2^53. */
  readonly #sums: Float64Array;
  /** The largest power of two that is at most the number of items. */
  #highestStep = 1;

  /** The sum of the weights must be below 2^53. */
  constructor(weights: ArrayLike<number>) {
    const count = weights.length;
    this.#sums = new Float64Array(count + 1);
    while (this.#highestStep * 2 <= count) this.#highestStep *= 2;
    // Each sum is complete when the loop gets to it, and is then part of one other.
    for (let at = 1; at <= count; at += 1) {
      const sum = this.#at(at) + (weights[at - 1] ?? 0);
      this.#sums[at] = sum;
      const whole = at + (at & -at);
      if (whole <= count) this.#sums[whole] = this.#at(whole) + sum;
    }
  }

  #at(index: number): number {
    return this.#sums[index] as number;
  }

  subtract(index: number, weight: number): void {
    for (let at = index + 1; at < this.#sums.length; at += at & -at) this.#sums[at] = this.#at(at) - weight;
  }

  /** The first index up to which, itself included, the weights add up to more than `target`. */
  find(target: number): number {
    const last = this.#sums.length - 1;
    let index = 0;
    let rest = target;
    for (let step = this.#highestStep; step >= 1; step >>= 1) {
      if (index + step > last) continue;
      const sum = this.#at(index + step);
      if (sum > rest) continue;
      index += step;
      rest -= sum;
    }
    return index;
  }
}
