import { describe, expect, it } from 'vitest';
import { explainShares } from '../../domain/settlement-explanation.ts';
import { sharesUpTo } from '../../domain/settlement.ts';

const terms = { faceMinor: 10_000n, fundingFeeMinor: 250n, ratePpm: 50_000n, minMinor: 0n, maxMinor: null };

describe('explaining a settlement', () => {
  it('works the example through: 10000 less 250 is 9750, of which 487.5 is rounded to the even 488', () => {
    const { steps, shares } = explainShares(10_000n, terms);
    expect(steps.map(({ name, worked, value }) => [name, worked, value])).toEqual([
      ['F', '⌊250·10000/10000⌋', '250'],
      ['N', '10000 − 250', '9750'],
      ['S before bounds', 'roundHalfEven(9750·50000/1000000)', '488'],
      ['S lower bound', '⌊0·9750/9750⌋', '0'],
      ['S upper bound', '⌈9750·9750/9750⌉', '9750'],
      ['S', '488 within its bounds', '488'],
      ['M', '9750 − 488', '9262'],
    ]);
    expect(shares).toEqual({ feeMinor: '250', serviceMinor: '488', merchantMinor: '9262' });
  });

  it('shows the bound that decided', () => {
    const bounded = { ...terms, minMinor: 300n, maxMinor: 400n };
    const { steps, shares } = explainShares(100n, bounded);
    expect(steps.find(({ name }) => name === 'S lower bound')?.value).toBe('3');
    expect(steps.find(({ name }) => name === 'S upper bound')?.value).toBe('5');
    expect(BigInt(shares.serviceMinor)).toBe(sharesUpTo(100n, bounded).serviceMinor);
  });
});
