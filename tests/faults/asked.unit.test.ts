import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ask } from './asked.ts';

describe('npm run faults', () => {
  let said: string;
  beforeEach(() => {
    said = '';
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        said += String(text);
        return true;
      });
    }
  });
  afterEach(() => vi.restoreAllMocks());

  it.each([[['no-such-thing']], [['--seeds', '0']], [['--seeds', 'many']], [['--points', '5-3']], [['--nonsense']]])(
    'is not asked rightly by %j, and says so',
    (args) => {
      expect(ask(args)).toBe(2);
      expect(said).not.toBe('');
    },
  );

  it('lists what there is', () => {
    expect(ask(['--list'])).toBe(0);
    expect(said).toContain('kill-redeem');
    expect(said).toContain('platform-leg-first');
  });

  it('takes scenarios, seeds and points', () => {
    expect(ask(['kill-redeem', '--seeds', '3', '--seed', '4', '--points', '2-9'])).toMatchObject({
      scenarios: [{ name: 'kill-redeem' }],
      seeds: 3,
      firstSeed: 4,
      points: { first: 2, last: 9 },
      planted: undefined,
    });
    expect(ask(['--planted', 'missing-lock'])).toMatchObject({ planted: ['missing-lock'] });
  });
});
