import { hostRules, type HostRules } from './official-rules.ts';
import { readableAmount } from './money.ts';
import { type DrawRules, drawRules } from './draw/randomness-rules.ts';
import { entryRules, type EligibilityRules, type EntryMethod } from './entry-methods.ts';
import type { PrizeKind } from './prizes.ts';
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
  readonly closesAt: string;
  readonly title: string;
  readonly giveawayId: string;
  readonly prizes: readonly {
    readonly position: number;
    readonly kind: PrizeKind;
    readonly name: string;
    readonly description: string;
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

/** Whoever lets the deadline move says beforehand what becomes of the round. */
function movedRound({ host, randomness, closesAt }: RulesInput): string[] {
  const follows = randomness.kind === 'drand' && randomness.closesAt === closesAt;
  const mayMove = host.earlyClose || host.maxExtensionMs > 0;
  return follows && mayMove ? ['Where the deadline moves, the round is counted from the new one.'] : [];
}

/** The official rules as plain text; their hash is in the commitment, so every word of it is fixed at OPEN. */
export function rulesText(input: RulesInput): string {
  const { title, giveawayId, prizes, closesAt, claimWindowMs, mode } = input;
  const lines = [
    `Giveaway ${giveawayId}: ${title}`,
    '',
    'Prizes, in the order in which ranks take them:',
    ...prizes.map(prizeText),
    '',
    ...entryRules(input.methods, input.eligibility),
    '',
    `Entry ends at ${closesAt}. The host, the merchants of the prizes and who works for the platform cannot win.`,
    'What a social network has not confirmed, and who is under review when entry is frozen, takes no part in the draw.',
    ...modeRulesText(mode),
    ...hostRules(input.host, claimWindowMs),
    ...(prizes.some(({ kind }) => kind === 'airtime') ? AIRTIME_RULES : []),
    ...(prizes.some(({ kind }) => kind === 'physical') ? DELIVERY_RULES : []),
    ...drawRules(input),
    ...movedRound(input),
    '',
  ];
  // A title or a question with line breaks must not add rules of its own.
  return lines.map((line) => line.replaceAll(/[\r\n]+/g, ' ')).join('\n');
}

const AIRTIME_RULES = [
  'Who wins airtime says after the claim which phone is to be topped up, of an operator that the prize is good for. The number goes to whoever tops it up, and not to the host; it is erased 30 days after that.',
];

const DELIVERY_RULES = [
  'Who wins a prize that is sent says with the claim where to. The host sees that address and sends the prize there; it is erased 30 days after the prize has arrived.',
  'What cannot be delivered is sent again, or goes to the next rank when the platform decides that the winner cannot be reached.',
];

function prizeText({ position, kind, name, description, quantity, ...worth }: RulesInput['prizes'][number]): string {
  const amount = readableAmount(BigInt(worth.faceMinor), worth.currency);
  if (kind === 'gift_card') return `  ${position}. ${name}: ${quantity} of a gift card of ${amount}`;
  if (kind === 'airtime') return `  ${position}. ${name}: ${quantity} of airtime of ${amount}`;
  return `  ${position}. ${name}: ${quantity} of it, sent to the winner, worth ${amount}${description && `: ${description}`}`;
}
