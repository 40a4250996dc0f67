/** Weights by index, with the prefix sums that a weighted choice needs, in logarithmic time (Fenwick, 1994). */
export class FenwickTree {
  /** `#sums[i]` is the weight of the `i & -i` items that end with item i - 1. Doubles are exact below 2^53. */
  readonly #sums: Float64Array;
  /** The largest power of two that is at most the number of items. */
  #highestStep = 1;

  /** The sum of the weights must be below 2^53. */
  constructor(weights: readonly number[]) {
    this.#sums = new Float64Array(weights.length + 1);
    while (this.#highestStep * 2 <= weights.length) this.#highestStep *= 2;
    for (const [index, weight] of weights.entries()) this.subtract(index, -weight);
  }

  subtract(index: number, weight: number): void {
    for (let at = index + 1; at < this.#sums.length; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) - weight;
  }

  /** The first index up to which, itself included, the weights add up to more than `target`. */
  find(target: number): number {
    let index = 0;
    let rest = target;
    for (let step = this.#highestStep; step >= 1; step /= 2) {
      const sum = this.#sums[index + step];
      if (sum === undefined || sum > rest) continue;
      index += step;
      rest -= sum;
    }
    return index;
  }
}
