export interface Weighted {
  readonly id: string;
  /** Minor units, > 0. */
  readonly amountMinor: bigint;
}

/**
 * Splits a total over parts in proportion to their amounts, in whole units, by largest remainder; ties by id.
 * `allocate(750n, …)` over 9999, 9999, 5002 → 300, 300, 150. The parts always add up to the total.
 */
export function allocate(totalMinor: bigint, parts: readonly Weighted[]): ReadonlyMap<string, bigint> {
  const sum = parts.reduce((all, part) => all + part.amountMinor, 0n);
  if (sum <= 0n || totalMinor < 0n) throw new RangeError('Nothing to allocate over');
  const shares = parts.map((part) => {
    const product = totalMinor * part.amountMinor;
    return { id: part.id, share: product / sum, remainder: product % sum };
  });
  let left = totalMinor - shares.reduce((all, { share }) => all + share, 0n);
  const byRemainder = shares.toSorted((a, b) => compare(b.remainder, a.remainder) || compare(a.id, b.id));
  const result = new Map<string, bigint>();
  for (const { id, share } of byRemainder) {
    const extra = left > 0n ? 1n : 0n;
    result.set(id, share + extra);
    left -= extra;
  }
  return result;
}

const compare = <T extends bigint | string>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
