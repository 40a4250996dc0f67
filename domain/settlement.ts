/**
 * How a redeemed amount is shared: F, what the provider kept of the charge that funded it; S, the platform's service
 * fee; M, the merchant's. `F + S + M` is always the amount. Integers in minor units; rates in parts per million.
 */

export interface Terms {
  /** The face of the card, G. */
  readonly faceMinor: bigint;
  /** The funding fee that the card carries, F. */
  readonly fundingFeeMinor: bigint;
  /** The platform's rate on the net amount. */
  readonly ratePpm: bigint;
  /** Bounds of the service fee of the whole card. Absent: none. */
  readonly minMinor: bigint;
  readonly maxMinor: bigint | null;
}

export interface Shares {
  readonly feeMinor: bigint;
  readonly serviceMinor: bigint;
  readonly merchantMinor: bigint;
}

const MILLION = 1_000_000n;

/** Half to even: 487.5 → 488, 486.5 → 486. */
export function divideHalfEven(numerator: bigint, denominator: bigint): bigint {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  if (twice === denominator) return quotient + (quotient % 2n);
  return twice > denominator ? quotient + 1n : quotient;
}

const divideUp = (numerator: bigint, denominator: bigint): bigint => (numerator + denominator - 1n) / denominator;

const clamp = (value: bigint, low: bigint, high: bigint): bigint => (value < low ? low : value > high ? high : value);

/**
 * T(C): the shares of the first `redeemedMinor` of a card. Parts and refunds book differences of it, so that rounding
 * never drifts. With r = 5 %: T(10000) for G = 10000, F = 250 is 250 / 488 / 9262.
 * @throws RangeError when the amount or the terms are out of bounds.
 */
export function sharesUpTo(redeemedMinor: bigint, terms: Terms): Shares {
  const { faceMinor, fundingFeeMinor, ratePpm } = terms;
  if (redeemedMinor < 0n || redeemedMinor > faceMinor || faceMinor <= 0n)
    throw new RangeError('Redeemed beyond the face');
  if (fundingFeeMinor < 0n || fundingFeeMinor > faceMinor) throw new RangeError('A funding fee beyond the face');
  const feeMinor = (fundingFeeMinor * redeemedMinor) / faceMinor;
  const net = redeemedMinor - feeMinor;
  const wholeNet = faceMinor - fundingFeeMinor;
  if (wholeNet === 0n) return { feeMinor, serviceMinor: 0n, merchantMinor: net };
  const low = (smaller(terms.minMinor, wholeNet) * net) / wholeNet;
  const high = divideUp(smaller(terms.maxMinor ?? wholeNet, wholeNet) * net, wholeNet);
  const serviceMinor = clamp(clamp(divideHalfEven(net * ratePpm, MILLION), low, high), 0n, net);
  return { feeMinor, serviceMinor, merchantMinor: net - serviceMinor };
}

/** What a redemption of `amountMinor` books, after `redeemedMinor` had been redeemed before. */
export function sharesOfPart(redeemedMinor: bigint, amountMinor: bigint, terms: Terms): Shares {
  const before = sharesUpTo(redeemedMinor, terms);
  const after = sharesUpTo(redeemedMinor + amountMinor, terms);
  return {
    feeMinor: after.feeMinor - before.feeMinor,
    serviceMinor: after.serviceMinor - before.serviceMinor,
    merchantMinor: after.merchantMinor - before.merchantMinor,
  };
}

/** A reservation that would leave the merchant nothing is refused. */
export const leavesSomething = (terms: Terms): boolean => sharesUpTo(terms.faceMinor, terms).merchantMinor > 0n;

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);
