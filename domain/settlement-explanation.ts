import { divideHalfEven, sharesUpTo, type Shares, type Terms } from './settlement.ts';

/** How T(C) comes about, step by step, for people who check it by hand. All values are decimal strings. */

export interface Step {
  readonly name: 'F' | 'N' | 'S before bounds' | 'S lower bound' | 'S upper bound' | 'S' | 'M';
  readonly formula: string;
  /** The formula with its numbers. */
  readonly worked: string;
  readonly value: string;
}

export interface ExplainedShares {
  /** C, the net amount redeemed of the card. */
  readonly redeemedMinor: string;
  readonly steps: readonly Step[];
  readonly shares: { readonly feeMinor: string; readonly serviceMinor: string; readonly merchantMinor: string };
}

const smaller = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** The shares of the first `redeemedMinor` of a card, with every rounding. @throws RangeError as `sharesUpTo` does. */
export function explainShares(redeemedMinor: bigint, terms: Terms): ExplainedShares {
  const { faceMinor: g, fundingFeeMinor: f, ratePpm, minMinor, maxMinor } = terms;
  const shares = sharesUpTo(redeemedMinor, terms);
  const [c, whole] = [redeemedMinor, g - f];
  const net = c - shares.feeMinor;
  const [low, high] = [smaller(minMinor, whole), smaller(maxMinor ?? whole, whole)];
  const bounds: Step[] =
    whole === 0n
      ? []
      : [
          step('S lower bound', '⌊min·N/N(G)⌋', `⌊${low}·${net}/${whole}⌋`, (low * net) / whole),
          step('S upper bound', '⌈max·N/N(G)⌉', `⌈${high}·${net}/${whole}⌉`, (high * net + whole - 1n) / whole),
        ];
  const rate = divideHalfEven(net * ratePpm, 1_000_000n);
  return {
    redeemedMinor: c.toString(),
    steps: [
      step('F', '⌊F·C/G⌋', `⌊${f}·${c}/${g}⌋`, shares.feeMinor),
      step('N', 'C − F', `${c} − ${shares.feeMinor}`, net),
      step('S before bounds', 'roundHalfEven(N·rate)', `roundHalfEven(${net}·${ratePpm}/1000000)`, rate),
      ...bounds,
      step('S', 'S within its bounds, at most N', `${rate} within its bounds`, shares.serviceMinor),
      step('M', 'N − S', `${net} − ${shares.serviceMinor}`, shares.merchantMinor),
    ],
    shares: asText(shares),
  };
}

export const asText = ({ feeMinor, serviceMinor, merchantMinor }: Shares): ExplainedShares['shares'] => ({
  feeMinor: feeMinor.toString(),
  serviceMinor: serviceMinor.toString(),
  merchantMinor: merchantMinor.toString(),
});

const step = (name: Step['name'], formula: string, worked: string, value: bigint): Step => ({
  name,
  formula,
  worked,
  value: value.toString(),
});
