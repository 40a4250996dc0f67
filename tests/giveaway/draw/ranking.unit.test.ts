import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FenwickTree } from '../../../domain/draw/fenwick-tree.ts';
import { RandomNumbers } from '../../../domain/draw/random-numbers.ts';
import { rankParticipants } from '../../../domain/draw/rank-participants.ts';
import { drawCrypto } from '../../../runtime/draw-crypto.ts';
import { hashOf, makeEntries } from './build-draw.ts';
import { readVector } from './read-vector.ts';

interface NumberVector {
  seed: string;
  bound: number;
  values: number[];
  blocksUsed: number;
}

interface RankingVector {
  seed: string;
  participants: { participant: string; weight: number }[];
  ranking: string[];
}

const numberVectors = readVector<NumberVector[]>('numbers');

describe('random numbers', () => {
  it.each(numberVectors)('below $bound are the known ones', ({ seed, bound, values, blocksUsed }) => {
    const numbers = new RandomNumbers(drawCrypto, seed);
    expect(values.map(() => numbers.below(bound))).toEqual(values);
    expect(numbers.blocksUsed).toBe(blocksUsed);
  });

  it.each(numberVectors)('below $bound are the same when some were prepared', ({ seed, bound, values, blocksUsed }) => {
    for (const most of [1, Math.ceil(blocksUsed / 2), blocksUsed + 5]) {
      const numbers = new RandomNumbers(drawCrypto, seed);
      while (numbers.prepare(3, most) < most);
      expect(values.map(() => numbers.below(bound))).toEqual(values);
      expect(numbers.blocksUsed).toBe(blocksUsed);
    }
  });

  it('are rejected in at least one known case, so that the rule is in fact tried', () => {
    expect(numberVectors.some(({ values, blocksUsed }) => blocksUsed > values.length)).toBe(true);
  });
});

describe('sums of weights', () => {
  it('find whom a number falls on, as adding up does, while weights are taken away', () => {
    const weights = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(weights, fc.infiniteStream(fc.nat()), (given, picks) => {
        const [tree, left] = [new FenwickTree(given), [...given]];
        for (let total = sum(left); total > 0; total = sum(left)) {
          const target = (picks.next().value as number) % total;
          const expected = left.findIndex((_, index) => sum(left.slice(0, index + 1)) > target);
          expect(tree.find(target)).toBe(expected);
          expect(tree.remove(expected)).toBe(left[expected]);
          left[expected] = 0;
        }
      }),
    );
  });
});

const sum = (weights: readonly number[]): number => weights.reduce((total, weight) => total + weight, 0);

describe('a ranking', () => {
  it.each(readVector<RankingVector[]>('ranking'))('of $ranking.length is the known one', (vector) => {
    const [template] = makeEntries([1]);
    const entries = vector.participants.map((entry) => ({ ...template!, ...entry }));
    expect(rankParticipants(drawCrypto, vector.seed, entries)).toEqual(vector.ranking);
  });

  const weights = fc.array(fc.integer({ min: 0, max: 1_000_000 }), { maxLength: 60 });
  const seeds = fc.integer().map(hashOf);

  it('holds every participant with a weight, once, and nobody else', () => {
    fc.assert(
      fc.property(weights, seeds, (given, seed) => {
        const entries = makeEntries(given);
        const expected = entries.filter(({ weight }) => weight > 0).map(({ participant }) => participant);
        expect(rankParticipants(drawCrypto, seed, entries).toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  it('does not depend on the order of the entries', () => {
    const shuffled = weights.chain((given) => {
      const entries = makeEntries(given);
      return fc.tuple(
        fc.constant(entries),
        fc.shuffledSubarray(entries, { minLength: entries.length, maxLength: entries.length }),
      );
    });
    fc.assert(
      fc.property(shuffled, seeds, ([entries, others], seed) => {
        expect(rankParticipants(drawCrypto, seed, others)).toEqual(rankParticipants(drawCrypto, seed, entries));
      }),
    );
  });

  it('treats several entries of a participant as one with the sum of their weights', () => {
    fc.assert(
      fc.property(weights, seeds, (given, seed) => {
        const whole = makeEntries(given.map((weight) => weight * 2));
        const halves = whole.flatMap((entry) => [entry, entry].map((half) => ({ ...half, weight: half.weight / 2 })));
        expect(rankParticipants(drawCrypto, seed, halves)).toEqual(rankParticipants(drawCrypto, seed, whole));
      }),
    );
  });
});
