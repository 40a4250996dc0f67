import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../domain/allocation.ts';
import { makeCode, parseCode, CODE_BYTES } from '../../domain/card-code.ts';
import { feeShare } from '../../domain/money.ts';
import { divideHalfEven, leavesSomething, sharesOfPart, sharesUpTo, type Terms } from '../../domain/settlement.ts';

const terms = (change: Partial<Terms> = {}): Terms => ({
  faceMinor: 10_000n,
  fundingFeeMinor: 250n,
  ratePpm: 50_000n,
  minMinor: 0n,
  maxMinor: null,
  ...change,
});

/** Fee, service, merchant of each part in turn. */
function inParts(parts: readonly bigint[], all: Terms): bigint[][] {
  let redeemed = 0n;
  return parts.map((part) => {
    const { feeMinor, serviceMinor, merchantMinor } = sharesOfPart(redeemed, part, all);
    redeemed += part;
    return [feeMinor, serviceMinor, merchantMinor];
  });
}

const anyTerms = fc
  .record({
    face: fc.bigInt(1n, 10n ** 12n),
    fee: fc.nat(1_000_000),
    rate: fc.nat(1_000_000),
    min: fc.nat(5_000),
    span: fc.nat(50_000),
    bounded: fc.boolean(),
  })
  .map(({ face, fee, rate, min, span, bounded }) =>
    terms({
      faceMinor: face,
      fundingFeeMinor: (face * BigInt(fee)) / 1_000_000n,
      ratePpm: BigInt(rate),
      minMinor: BigInt(min),
      maxMinor: bounded ? BigInt(min + span) : null,
    }),
  );

describe('settlement', () => {
  it('shares 10000 with a fee of 250 at 5 % as 250 / 488 / 9262', () => {
    expect(inParts([10_000n], terms())).toEqual([[250n, 488n, 9_262n]]);
  });

  it('books parts as differences, so that rounding never drifts', () => {
    expect(inParts([3_333n, 3_333n, 3_334n], terms())).toEqual([
      [83n, 162n, 3_088n],
      [83n, 163n, 3_087n],
      [84n, 163n, 3_087n],
    ]);
  });

  it('keeps a minimum of 300 and a maximum of 400 over all parts', () => {
    expect(inParts([100n, 4_900n, 5_000n], terms({ minMinor: 300n, maxMinor: 400n }))).toEqual([
      [2n, 5n, 93n],
      [123n, 195n, 4_582n],
      [125n, 200n, 4_675n],
    ]);
  });

  it('rounds halves to even', () => {
    expect([487n * 2n + 1n, 486n * 2n + 1n, 3n].map((twice) => divideHalfEven(twice, 2n))).toEqual([488n, 486n, 2n]);
  });

  it('refuses terms that leave the merchant nothing', () => {
    expect(leavesSomething(terms({ ratePpm: 1_000_000n }))).toBe(false);
    expect(leavesSomething(terms({ minMinor: 20_000n }))).toBe(false);
    expect(leavesSomething(terms())).toBe(true);
  });

  it('always adds up, never falls, and never goes below zero', () => {
    fc.assert(
      fc.property(anyTerms, fc.nat(1_000_000), fc.nat(1_000_000), (all, first, second) => {
        const [low, high] = [first, second]
          .map((ppm) => (all.faceMinor * BigInt(ppm)) / 1_000_000n)
          .toSorted((a, b) => (a < b ? -1 : 1));
        const before = sharesUpTo(low ?? 0n, all);
        const after = sharesUpTo(high ?? 0n, all);
        expect(after.feeMinor + after.serviceMinor + after.merchantMinor).toBe(high);
        for (const name of ['feeMinor', 'serviceMinor', 'merchantMinor'] as const) {
          expect(before[name]).toBeGreaterThanOrEqual(0n);
          expect(after[name]).toBeGreaterThanOrEqual(before[name]);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('fees', () => {
  it('spends the proportional share: 25000 of 30000 with 901 takes 750', () => {
    expect(feeShare(901n, 25_000n, 30_000n)).toBe(750n);
    expect(feeShare(151n, 5_000n, 5_000n)).toBe(151n);
  });

  it('allocates 750 over 9999, 9999, 5002 as 300, 300, 150', () => {
    const parts = ['a', 'b', 'c'].map((id, index) => ({ id, amountMinor: [9_999n, 9_999n, 5_002n][index] ?? 0n }));
    expect(Object.fromEntries(allocate(750n, parts))).toEqual({ a: 300n, b: 300n, c: 150n });
  });

  it('allocates everything, whatever the order', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10n ** 9n),
        fc.array(fc.bigInt(1n, 10n ** 9n), { minLength: 1, maxLength: 20 }),
        (total, amounts) => {
          const parts = amounts.map((amountMinor, index) => ({ id: String(index), amountMinor }));
          const shares = allocate(total, parts);
          expect([...shares.values()].reduce((sum, share) => sum + share, 0n)).toBe(total);
          expect(Object.fromEntries(allocate(total, parts.toReversed()))).toEqual(Object.fromEntries(shares));
        },
      ),
    );
  });
});

describe('card codes', () => {
  it('are read as people type them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES }), (random) => {
        const code = makeCode(random);
        expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$/);
        expect(parseCode(code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(code);
      }),
    );
  });

  it('with one wrong character are no codes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: CODE_BYTES, maxLength: CODE_BYTES }),
        fc.nat(24),
        fc.constantFrom(...'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.split('')),
        (random, at, other) => {
          const plain = makeCode(random).replaceAll('-', '');
          const changed = plain.slice(0, at) + other + plain.slice(at + 1);
          expect(parseCode(changed) === undefined).toBe(changed !== plain);
        },
      ),
    );
  });
});
