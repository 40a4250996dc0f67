import { describe, expect, it } from 'vitest';
import { currencyExponent, isCurrency } from '../../domain/currencies.ts';

describe('a currency', () => {
  it.each([
    ['JPY', 0],
    ['NGN', 2],
    ['USD', 2],
    ['KWD', 3],
  ])('%s has %i minor digits', (code, exponent) => expect(currencyExponent(code)).toBe(exponent));

  it('is an active one, in capitals', () => {
    for (const value of ['DEM', 'usd', 'XTS', 'XAU', '', ' ', 'USD ', undefined, 7, 'constructor'])
      expect(isCurrency(value), String(value)).toBe(false);
    expect(() => currencyExponent('DEM')).toThrow(RangeError);
  });
});
