import { describe, expect, it } from 'vitest';
import { exactTime } from '../../domain/durations.ts';
import { DIRECT_METHOD } from '../../domain/entry-methods.ts';
import { DEFAULT_MODE } from '../../domain/giveaway-modes.ts';
import { rulesText, type RulesInput } from '../../domain/giveaway.ts';
import { DEFAULT_HOST_RULES } from '../../domain/official-rules.ts';

const DAY_MS = 86_400_000;
const input: RulesInput = {
  title: 'Books',
  giveawayId: 'g-1',
  closesAt: '2030-01-31T12:00:00.000Z',
  prizes: [
    {
      position: 1,
      kind: 'gift_card',
      name: 'Book card',
      description: '',
      quantity: 3,
      faceMinor: '1000',
      currency: 'USD',
    },
  ],
  mode: DEFAULT_MODE,
  claimWindowMs: 7 * DAY_MS,
  methods: [DIRECT_METHOD],
  eligibility: {},
  host: DEFAULT_HOST_RULES,
  randomness: { kind: 'commit-reveal' },
  witnessed: false,
};
const rules = (change: Partial<RulesInput> = {}): string[] => rulesText({ ...input, ...change }).split('\n');

describe('the official rules', () => {
  it('say what can be won, how one enters, until when, and how winners are found', () => {
    const lines = rules();
    expect(lines[0]).toBe('Giveaway g-1: Books');
    expect(lines.find((line) => line.includes('Book card'))).toBe('  1. Book card: 3 of a gift card of 10.00 USD');
    expect(lines).toContain('  direct: by entering once; each entry weighs 1; required.');
    expect(lines.join('\n')).toContain('Entry ends at 2030-01-31T12:00:00.000Z.');
    expect(lines).toContain('Randomness: commit-reveal, the hash of the secret published when entry begins.');
    expect(lines).toContain('The host may not end entry before the deadline.');
    expect(lines).toContain('The host may not put the deadline off.');
  });

  it.each<[string, Partial<RulesInput>, string]>([
    ['ages', { eligibility: { minAgeYears: 18 } }, 'Entrants are at least 18 years old.'],
    ['countries', { eligibility: { countries: ['DE', 'AT'] } }, 'Entrants live in: DE, AT.'],
    [
      'the age of accounts',
      { eligibility: { minAccountAgeMs: 36 * 3_600_000 } },
      'An account is at least 36 hours old when it enters.',
    ],
    [
      'a draw by hand',
      { mode: { ...DEFAULT_MODE, drawBy: 'hand' } },
      'At the latest 7 days after the end of entry the draw starts by itself.',
    ],
    [
      'an early end',
      { host: { ...DEFAULT_HOST_RULES, earlyClose: true } },
      'The host may end entry before the deadline.',
    ],
    [
      'an extension',
      { host: { ...DEFAULT_HOST_RULES, maxExtensionMs: 2 * DAY_MS } },
      'The host may put the deadline off, by 2 days in all.',
    ],
    [
      'the odds of an instant win',
      { mode: { ...DEFAULT_MODE, mode: 'instant_win', instantWin: { by: 'odds', oddsPerMillion: 250 } } },
      'An attempt wins with a chance of 250 in a million, until no prize unit is left.',
    ],
    [
      'a cap',
      { methods: [{ ...DIRECT_METHOD, name: 'daily', period: 'daily', cap: 5, weight: 2, required: false }] },
      '  daily: by entering once a day (UTC) at most 5 times; each entry weighs 2.',
    ],
  ])('say of the settings: %s', (_what, change, sentence) => {
    expect(rules(change).join('\n')).toContain(sentence);
  });

  it('have one line where a title or a prize has several, so that no host adds rules of their own', () => {
    const lines = rules({ title: 'Books\nRandomness: whatever I like.\r\nWitness: me.' });
    expect(lines).toHaveLength(rules().length);
    expect(lines.filter((line) => line.startsWith('Randomness: '))).toHaveLength(1);
  });
});

it.each([
  [0, '0 seconds'],
  [1, '1 millisecond'],
  [1_500, '1500 milliseconds'],
  [60_000, '1 minute'],
  [5_400_000, '90 minutes'],
  [DAY_MS, '1 day'],
])('%d ms are %s', (ms, text) => expect(exactTime(ms)).toBe(text));
