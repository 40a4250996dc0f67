import { describe, expect, it } from 'vitest';
import { fromStripeAmount, toStripeAmount } from '../../providers/payments/stripe-amounts.ts';

describe('amounts at Stripe', () => {
  it('are our minor units, except for a few currencies', () => {
    expect(toStripeAmount(1_234n, 'USD')).toBe('1234');
    expect(toStripeAmount(1_234n, 'JPY')).toBe('1234');
    expect(toStripeAmount(1_234n, 'UGX')).toBe('123400');
    expect(toStripeAmount(1_200n, 'MGA')).toBe('12');
    expect(toStripeAmount(1_230n, 'KWD')).toBe('1230');
  });

  it('are not rounded where Stripe cannot express them', () => {
    expect(toStripeAmount(1_234n, 'MGA')).toBeUndefined();
    expect(toStripeAmount(1_234n, 'KWD')).toBeUndefined();
    expect(() => fromStripeAmount(150, 'ugx')).toThrow(RangeError);
    expect(() => fromStripeAmount(1.5, 'usd')).toThrow(RangeError);
  });

  it.each(['USD', 'JPY', 'UGX', 'ISK', 'MGA', 'BHD'])('come back as they went: %s', (currency) => {
    const amount = 123_000n;
    expect(fromStripeAmount(Number(toStripeAmount(amount, currency)), currency)).toBe(amount);
  });
});
