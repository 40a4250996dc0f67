import { describe, expect, it } from 'vitest';
import { Random } from './random.ts';
import { Strikes } from './proxies/strikes.ts';

const [REQUEST, INTENT, OTHER] = [
  '11111111-1111-4111-8111-111111111111',
  '22222222-2222-4222-8222-222222222222',
  '33333333-3333-4333-8333-333333333333',
];

describe('what is struck', () => {
  it('is the effect with the number that was asked for, of the operation that was asked for', () => {
    const strikes = new Strikes();
    strikes.follow('one', [REQUEST], { point: 2, strike: 'lose-answer' });
    expect(strikes.judge('giftcard', 'redeem', `{"requestId":"${REQUEST}"}`)).toBe('pass');
    expect(strikes.judge('giftcard', 'redeem', `{"requestId":"${OTHER}"}`)).toBe('pass');
    expect(strikes.judge('provider', 'POST', `{"id":"${REQUEST}"}`)).toBe('cut-after');
    expect(strikes.judge('provider', 'POST', `{"id":"${REQUEST}"}`)).toBe('pass');
    expect(strikes.met('one')).toEqual(['giftcard: redeem', 'provider: POST', 'provider: POST']);
    expect(strikes.wasStruck('one')).toBe(true);
  });

  it('is recognised by the ids that earlier effects have made', () => {
    const strikes = new Strikes();
    strikes.follow('one', [REQUEST], { point: 1, strike: 'lose-request' });
    strikes.learn(`{"requestId":"${REQUEST}"}`, `{"intent": {"intentId": "${INTENT}", "leg": "merchant"}}`);
    strikes.learn(`{"requestId":"${OTHER}"}`, `{"intentId": "${OTHER}"}`);
    expect(strikes.judge('provider', 'POST', OTHER)).toBe('pass');
    expect(strikes.judge('provider', 'POST', INTENT)).toBe('cut-before');
  });

  it('is each of several that share a transaction, and what each has made is its own', () => {
    const strikes = new Strikes();
    strikes.follow('one', [REQUEST], { point: 2, strike: 'lose-answer' });
    strikes.follow('other', [OTHER], { point: 1, strike: 'lose-answer' });
    const both = `{"calls":[{"id":"${REQUEST}"},{"id":"${OTHER}"}]}`;
    expect(strikes.judge('giftcard', 'call_together', both)).toBe('cut-after');
    expect([strikes.met('one'), strikes.wasStruck('one'), strikes.wasStruck('other')]).toEqual([[], false, true]);
    expect(strikes.judge('giftcard', 'call_together', both)).toBe('pass');
    strikes.learn(both, `[{"answer":{"id":"${REQUEST}"}},{"answer":{"id":"${OTHER}","intentId":"${INTENT}"}}]`);
    expect(strikes.judge('provider', 'POST', INTENT)).toBe('pass');
    expect(strikes.judge('provider', 'POST', REQUEST)).toBe('cut-after');
  });

  it('is held, with all that tries again, until whoever asked for it is dead', () => {
    const strikes = new Strikes();
    strikes.follow('one', [REQUEST], { point: 1, strike: 'kill-after' });
    expect(strikes.holding).toBe(false);
    expect(strikes.judge('giftcard', 'redeem', REQUEST)).toBe('hold-after');
    expect(strikes.judge('giftcard', 'redeem', REQUEST)).toBe('hold-before');
    // Not before it has happened: whoever were killed now might take it along.
    expect([strikes.holding, strikes.wasStruck('one')]).toEqual([false, false]);
    strikes.happened(REQUEST);
    expect([strikes.holding, strikes.wasStruck('one')]).toEqual([true, true]);
    strikes.release();
    expect([strikes.holding, strikes.judge('giftcard', 'redeem', REQUEST)]).toEqual([false, 'pass']);
  });

  it('is chosen again by the same seed', () => {
    const choose = (seed: number): number[] =>
      new Random(seed).shuffle(Array.from({ length: 20 }, (_, index) => index));
    expect(choose(7)).toEqual(choose(7));
    expect(choose(7)).not.toEqual(choose(8));
    expect(choose(7).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});
