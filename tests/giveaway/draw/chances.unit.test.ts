import { describe, expect, it } from 'vitest';
import { drawSeed } from '../../../domain/draw/randomness.ts';
import { rankParticipants } from '../../../domain/draw/rank-participants.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { hashOf, makeEntries } from './build-draw.ts';

/** Pearson's statistic of how often each outcome came against how often it should have come. */
const chiSquared = (observed: readonly number[], expected: readonly number[]): number =>
  observed.reduce((sum, count, index) => sum + (count - expected[index]!) ** 2 / expected[index]!, 0);

// What 3 and 23 degrees of freedom exceed once in a million. The seeds are fixed, so the answer is too.
const LIMIT_3 = 30.665;
const LIMIT_23 = 70.549;

const DRAWS = 100_000;
const WEIGHTS = [1, 2, 3, 4];

/** All orders of these, as texts of their indices. */
const ordersOf = (indices: readonly number[]): string[] =>
  indices.length === 0
    ? ['']
    : indices.flatMap((first) => ordersOf(indices.filter((index) => index !== first)).map((rest) => `${first}${rest}`));

/** How likely an order is when each place goes to one of those left in proportion to the weights. */
function chanceOf(order: string, weights: readonly number[]): number {
  let left = weights.reduce((sum, weight) => sum + weight, 0);
  return [...order].reduce((chance, index) => {
    const weight = weights[Number(index)]!;
    const next = (chance * weight) / left;
    left -= weight;
    return next;
  }, 1);
}

/** How often each order came, of draws whose randomness differs. */
function drawMany(weights: readonly number[]): Map<string, number> {
  const entries = makeEntries(weights);
  const indexOf = new Map(entries.map(({ participant }, index) => [participant, index]));
  const times = new Map<string, number>();
  for (let draw = 0; draw < DRAWS; draw += 1) {
    const seed = drawSeed(drawCrypto, hashOf(`round ${draw}`), hashOf('commitment'));
    const order = rankParticipants(drawCrypto, seed, entries)
      .map((participant) => indexOf.get(participant))
      .join('');
    times.set(order, (times.get(order) ?? 0) + 1);
  }
  return times;
}

describe(`chances over ${DRAWS} draws`, () => {
  const orders = ordersOf([0, 1, 2, 3]);
  const weighted = drawMany(WEIGHTS);
  const equal = drawMany([7, 7, 7, 7]);
  const observed = orders.map((order) => weighted.get(order) ?? 0);
  const firsts = WEIGHTS.map((_, index) =>
    orders.reduce((sum, order, at) => sum + (order.startsWith(String(index)) ? observed[at]! : 0), 0),
  );

  it('of every order are those of drawing by weight, one after the other, without replacement', () => {
    expect(
      chiSquared(
        observed,
        orders.map((order) => chanceOf(order, WEIGHTS) * DRAWS),
      ),
    ).toBeLessThan(LIMIT_23);
  });

  it('of the first rank are in proportion to the weights', () => {
    expect(
      chiSquared(
        firsts,
        WEIGHTS.map((weight) => (weight / 10) * DRAWS),
      ),
    ).toBeLessThan(LIMIT_3);
  });

  it('of every order are equal for equal weights', () => {
    expect(
      chiSquared(
        orders.map((order) => equal.get(order) ?? 0),
        orders.map(() => DRAWS / 24),
      ),
    ).toBeLessThan(LIMIT_23);
  });

  it('would be found out when they were off by one in a hundred', () => {
    const skewed = WEIGHTS.map((weight, index) => ((weight + (index === 0 ? 0.1 : 0)) / 10.1) * DRAWS);
    expect(chiSquared(firsts, skewed)).toBeGreaterThan(LIMIT_3);
    expect(
      chiSquared(
        observed,
        orders.map(() => DRAWS / 24),
      ),
    ).toBeGreaterThan(LIMIT_23);
  });
});
