import { readableTime } from './mails.ts';

/** How a giveaway is run: what its host chose, and may do later because the rules said so. */

export const CLAIM_MODES = ['required', 'automatic'] as const;
export type ClaimMode = (typeof CLAIM_MODES)[number];

export const CLAIM_VERIFICATIONS = ['automatic', 'manual'] as const;
export type ClaimVerification = (typeof CLAIM_VERIFICATIONS)[number];

export interface HostRules {
  readonly claims: ClaimMode;
  readonly claimVerification: ClaimVerification;
  /** Whether the host may end entry before the deadline. */
  readonly earlyClose: boolean;
  /** By how much in all the host may put the deadline off; 0: not at all. */
  readonly maxExtensionMs: number;
}

export const DEFAULT_HOST_RULES: HostRules = {
  claims: 'required',
  claimVerification: 'automatic',
  earlyClose: false,
  maxExtensionMs: 0,
};

/** As lines of the official rules. @param claimWindowMs from the moment the first notification is accepted. */
export function hostRules(
  { claims, claimVerification, earlyClose, maxExtensionMs }: HostRules,
  claimWindowMs: number,
): string[] {
  const claim =
    claims === 'automatic'
      ? 'Winners are told by mail and in their account, and need not claim: they have their prize once they were told.'
      : `Winners are told by mail and in their account. A winner claims within ${readableTime(claimWindowMs)} of the first notification that the mail relay accepts.`;
  return [
    'No purchase is necessary, and no paid way of entering weighs more than a free one. The chance to win depends on how many enter.',
    claim,
    ...(claimVerification === 'manual'
      ? ['The host or the platform looks at every claim before the prize is handed over.']
      : []),
    'A prize that is declined, not claimed in time, or taken by a disqualification goes to the next rank that was never offered one; nobody else moves. Where no rank is left it goes back to the host.',
    'After entry has ended it takes two people and evidence to disqualify somebody, and one of the two is not the host.',
    earlyClose ? 'The host may end entry before the deadline.' : 'The host may not end entry before the deadline.',
    maxExtensionMs > 0
      ? `The host may put the deadline off, by ${readableTime(maxExtensionMs)} in all.`
      : 'The host may not put the deadline off.',
    'After the first entry the host changes nothing that hurts an entrant; what changes is published with a version and a notice, and entrants are told.',
    'The host may cancel until the draw is committed to.',
  ];
}
