/** UNKNOWN is neither: who is unknown never wins and is never passed over. */
export type EligibilityVerdict = 'PASS' | 'FAIL' | 'UNKNOWN';

export type NextRank =
  | { readonly kind: 'promoted'; readonly rank: number }
  /** The unit waits until it is known whether this rank is eligible. */
  | { readonly kind: 'waiting'; readonly rank: number }
  /** No rank is left: the unit goes back to the host. */
  | { readonly kind: 'exhausted' };

/**
 * Who takes a vacated prize unit: the lowest rank that was never offered a prize and is eligible for this one. Nobody
 * else moves. Who is not eligible for this unit was not offered it, and so stays in line for others.
 * @param rankCount how many were ranked; ranks count from 1.
 * @param offered every rank that was ever offered any prize of this draw.
 */
export function nextRank(
  rankCount: number,
  offered: ReadonlySet<number>,
  eligibility: (rank: number) => EligibilityVerdict,
): NextRank {
  for (let rank = 1; rank <= rankCount; rank += 1) {
    if (offered.has(rank)) continue;
    const verdict = eligibility(rank);
    if (verdict === 'PASS') return { kind: 'promoted', rank };
    if (verdict === 'UNKNOWN') return { kind: 'waiting', rank };
  }
  return { kind: 'exhausted' };
}
