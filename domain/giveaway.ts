import { hostRules, type HostRules } from './official-rules.ts';
import { type DrawRules, drawRules } from './draw/randomness-rules.ts';
import { entryRules, type EligibilityRules, type EntryMethod } from './entry-methods.ts';
import { modeRulesText, type ModeRules } from './giveaway-modes.ts';

/** The life of a giveaway and of an award, as rules. */

export type GiveawayState =
  | 'DRAFT'
  | 'FUNDING'
  | 'FUNDING_FAILED'
  | 'SCHEDULED'
  | 'OPEN'
  | 'CLOSED'
  | 'DRAWING'
  | 'DRAWN'
  | 'FULFILLING'
  | 'COMPLETED'
  | 'CANCELLED';

/** The phases that a published giveaway passes, in order; there is no way back. */
const PHASES: readonly GiveawayState[] = ['SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED'];

/** Whether a giveaway is in this phase or has left it behind: a repeated step finds that and does nothing. */
export const hasReached = (state: GiveawayState, phase: GiveawayState): boolean =>
  PHASES.includes(state) && PHASES.indexOf(state) >= PHASES.indexOf(phase);

/** From these a giveaway can be published; after a failed funding the host corrects and tries again. */
export const isPublishable = (state: GiveawayState): boolean => state === 'DRAFT' || state === 'FUNDING_FAILED';

export const AWARD_STATES = [
  'NOTIFIED',
  'CLAIMED',
  'VERIFIED',
  'FULFILLING',
  'FULFILLED',
  'EXPIRED',
  'DECLINED',
  'DISQUALIFIED',
] as const;
export type AwardState = (typeof AWARD_STATES)[number];

export interface RulesInput extends DrawRules {
  readonly title: string;
  readonly giveawayId: string;
  readonly prizes: readonly {
    readonly position: number;
    readonly name: string;
    readonly quantity: number;
    readonly faceMinor: string;
    readonly currency: string;
  }[];
  readonly mode: ModeRules;
  readonly claimWindowMs: number;
  readonly methods: readonly EntryMethod[];
  readonly eligibility: EligibilityRules;
  readonly host: HostRules;
}

/** The official rules as plain text; their hash is in the commitment, so every word of it is fixed at OPEN. */
export function rulesText(input: RulesInput): string {
  const { title, giveawayId, prizes, closesAt, claimWindowMs, mode } = input;
  const list = prizes.map(
    ({ position, name, quantity, faceMinor, currency }) =>
      `  ${position}. ${name}: ${quantity} of a gift card of ${faceMinor} minor units of ${currency}`,
  );
  const lines = [
    `Giveaway ${giveawayId}: ${title}`,
    '',
    'Prizes, in the order in which ranks take them:',
    ...list,
    '',
    ...entryRules(input.methods, input.eligibility),
    '',
    `Entry ends at ${closesAt}. The host, the merchants of the prizes and who works for the platform cannot win.`,
    'What a social network has not confirmed, and who is under review when entry is frozen, takes no part in the draw.',
    ...modeRulesText(mode),
    ...hostRules(input.host, claimWindowMs),
    ...drawRules(input),
    '',
  ];
  // A title or a question with line breaks must not add rules of its own.
  return lines.map((line) => line.replaceAll(/[\r\n]+/g, ' ')).join('\n');
}
