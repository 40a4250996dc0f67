import { DRAW_ALGORITHM, LEADERBOARD_ALGORITHM, PER_PRIZE_ALGORITHM, type DrawAlgorithm } from './draw/rankings.ts';
import { MAX_RANKED_PRIZES } from './draw/limits.ts';
import type { InstantWinRule } from './draw/instant-win.ts';
import { exactTime } from './durations.ts';
import { DomainError } from './errors.ts';

/** How a giveaway finds its winners, as its host defines it. */

/**
 * `leaderboard`: the ranks follow from the scores, which are the sums of the weights. `instant_win`: there is no draw;
 * each entry is one attempt, which is decided at once.
 */
export const GIVEAWAY_MODES = ['random_draw', 'leaderboard', 'instant_win'] as const;
export type GiveawayMode = (typeof GIVEAWAY_MODES)[number];

export const PRIZES_PER_PERSON = ['one', 'several'] as const;
export type PrizesPerPerson = (typeof PRIZES_PER_PERSON)[number];

/** `either`: by the host's hand before the deadline, else at the deadline. */
export const DRAW_BY = ['deadline', 'hand', 'either'] as const;
export type DrawBy = (typeof DRAW_BY)[number];

/** Where the randomness of a draw comes from; a beacon is the stronger source. */
export const RANDOMNESS_SETTINGS = ['drand', 'commit_reveal'] as const;
export type RandomnessSetting = (typeof RANDOMNESS_SETTINGS)[number];

export interface ModeRules {
  readonly mode: GiveawayMode;
  /** `several`: at most one unit of each prize. */
  readonly prizesPerPerson: PrizesPerPerson;
  readonly drawBy: DrawBy;
  /** With `hand`: how long after the end of entry the draw begins by itself. A host cannot keep it back for ever. */
  readonly drawWithinMs: number;
  /** Of an instant win, and of nothing else. */
  readonly instantWin?: InstantWinRule | undefined;
}

export const DEFAULT_MODE: ModeRules = {
  mode: 'random_draw',
  prizesPerPerson: 'one',
  drawBy: 'deadline',
  drawWithinMs: 7 * 24 * 3_600_000,
};

/** The mode that a giveaway's rules hold, among other things. */
export const modeRulesIn = (rules: Partial<ModeRules>): ModeRules => ({
  mode: rules.mode ?? DEFAULT_MODE.mode,
  prizesPerPerson: rules.prizesPerPerson ?? DEFAULT_MODE.prizesPerPerson,
  drawBy: rules.drawBy ?? DEFAULT_MODE.drawBy,
  drawWithinMs: rules.drawWithinMs ?? DEFAULT_MODE.drawWithinMs,
  ...(rules.instantWin ? { instantWin: rules.instantWin } : {}),
});

/** Each has an escrow, an award and a mail of its own. */
export const MAX_PRIZE_UNITS = 10_000;

/**
 * Whether a giveaway with these prizes can be run in this way.
 * @param quantities how many units there are of each prize.
 * @throws DomainError giveaway_prizes_missing, giveaway_prizes_too_many, giveaway_mode_invalid.
 */
export function requireModeRules(rules: ModeRules, quantities: readonly number[]): void {
  const { mode, prizesPerPerson } = rules;
  const unitCount = quantities.reduce((sum, quantity) => sum + quantity, 0);
  if (unitCount === 0) throw new DomainError('giveaway_prizes_missing', 'A giveaway has at least one prize.');
  const tooMany = (sentence: string, limit: number): never => {
    throw new DomainError('giveaway_prizes_too_many', sentence, { limit });
  };
  if (unitCount > MAX_PRIZE_UNITS) tooMany(`There are more than ${MAX_PRIZE_UNITS} prize units.`, MAX_PRIZE_UNITS);
  const problem = problemOf(rules);
  if (problem) throw new DomainError('giveaway_mode_invalid', problem);
  if (prizesPerPerson === 'several' && mode === 'random_draw' && quantities.length > MAX_RANKED_PRIZES)
    tooMany(`Where one person may win several, there are at most ${MAX_RANKED_PRIZES} prizes.`, MAX_RANKED_PRIZES);
}

/**
 * Whether a draw can rest on this source: the weaker one never takes the place of the one that was asked for.
 * @param mode absent: not known here.
 * @throws DomainError randomness_not_available.
 */
export function requireRandomness(
  randomness: RandomnessSetting,
  { mode, hasBeacon }: { readonly mode?: GiveawayMode | undefined; readonly hasBeacon: boolean },
): void {
  if (randomness === 'commit_reveal' || (hasBeacon && mode !== 'instant_win')) return;
  const reason = hasBeacon
    ? 'An instant win is decided at once: it cannot wait for a beacon.'
    : 'No randomness beacon is configured.';
  throw new DomainError('randomness_not_available', reason, { randomness });
}

export function algorithmOf({ mode, prizesPerPerson }: ModeRules): DrawAlgorithm {
  if (mode === 'leaderboard') return LEADERBOARD_ALGORITHM;
  return prizesPerPerson === 'several' ? PER_PRIZE_ALGORITHM : DRAW_ALGORITHM;
}

function problemOf({ mode, prizesPerPerson, drawBy, instantWin }: ModeRules): string | undefined {
  if (prizesPerPerson === 'several' && mode === 'leaderboard')
    return 'A leaderboard has one ranking: nobody wins several prizes.';
  if ((mode === 'instant_win') !== (instantWin !== undefined))
    return 'An instant win says how one wins, and nothing else does.';
  if (!instantWin) return undefined;
  if (drawBy !== 'deadline') return 'Of an instant win nothing is drawn by hand.';
  if ((instantWin.by === 'odds') !== (instantWin.oddsPerMillion !== undefined))
    return 'Odds have a number of a million, and nothing else has one.';
  return undefined;
}

/** How winners are found, as lines of the official rules. */
export const modeRulesText = (rules: ModeRules): string[] =>
  rules.instantWin ? instantWinText(rules, rules.instantWin) : [...drawByText(rules), ...rankingText(rules)];

function instantWinText({ prizesPerPerson }: ModeRules, { by, oddsPerMillion }: InstantWinRule): string[] {
  const how = {
    first_come: 'The first attempts win, one prize unit each, until none is left.',
    odds: `An attempt wins with a chance of ${oddsPerMillion ?? 0} in a million, until no prize unit is left.`,
    time_slots:
      'For each prize unit there is a moment, which nobody is told, between the opening and the deadline as it is set then; the first attempt from that moment on wins it. Another deadline moves none of these moments.',
  }[by];
  return [
    'Each entry that counts is one attempt, which is decided at once. The hash of the secret that decides is published when entry begins, and the secret when it has ended.',
    how,
    prizesPerPerson === 'one'
      ? 'One person wins at most one prize unit.'
      : 'One person may win as often as they have entries.',
  ];
}

function drawByText({ drawBy, drawWithinMs }: ModeRules): string[] {
  switch (drawBy) {
    case 'deadline':
      return [];
    case 'either':
      return ['The host may start the draw by hand before; entry ends then.'];
    case 'hand':
      return [
        `The host starts the draw by hand; entry ends then, if it has not ended before. At the latest ${exactTime(drawWithinMs)} after the end of entry the draw starts by itself.`,
      ];
  }
}

function rankingText(rules: ModeRules): string[] {
  const algorithm = algorithmOf(rules);
  if (rules.mode === 'leaderboard') {
    return [
      `All participants are ranked once by their scores, by ${algorithm}. A score is the sum of the weights of one’s entries.`,
      'The order of equal scores is drawn, with the randomness named below.',
      'One person wins at most one prize unit.',
    ];
  }
  if (rules.prizesPerPerson === 'several') {
    return [
      `The draw ranks all participants once for each prize, by ${algorithm}, with the randomness named below.`,
      'One person can win one unit of each prize.',
    ];
  }
  return [
    `The draw ranks all participants once, by ${algorithm}, with the randomness named below.`,
    'One person wins at most one prize unit.',
  ];
}
