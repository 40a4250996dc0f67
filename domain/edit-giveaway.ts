import { DomainError } from './errors.ts';
import { isPublishable, type GiveawayState } from './giveaway.ts';

/** What a host may change of a giveaway, and when. */

export const EDITED_FIELDS = [
  'title',
  'description',
  'opensAt',
  'closesAt',
  'claimWindowMs',
  'methods',
  'eligibility',
  'reviewFromScore',
  'verificationGraceMs',
  'claims',
  'claimVerification',
  'earlyClose',
  'maxExtensionMs',
  'prizes',
  'mode',
  'randomness',
] as const;
export type EditedField = (typeof EDITED_FIELDS)[number];

/** These are paid for, or a timer runs to them, or the rules' text rests on them, once it is published. */
const DRAFT_ONLY: ReadonlySet<EditedField> = new Set(['prizes', 'mode', 'opensAt', 'randomness']);

export interface Edit {
  readonly state: GiveawayState;
  /** Whether anybody has entered. */
  readonly entered: boolean;
  readonly changed: readonly EditedField[];
  /** Whether the claim window is to be longer than it is. */
  readonly longerWindow: boolean;
}

/** @throws DomainError giveaway_not_editable, giveaway_edit_hurts_entrants, naming the fields. */
export function requireEditable({ state, entered, changed, longerWindow }: Edit): void {
  if (isPublishable(state)) return;
  if (state !== 'SCHEDULED' && state !== 'OPEN')
    throw new DomainError('giveaway_not_editable', `The giveaway is ${state}.`, { state });
  const fixed = changed.filter((field) => DRAFT_ONLY.has(field));
  if (fixed.length > 0)
    throw new DomainError('giveaway_not_editable', 'This is fixed once the giveaway is published.', { fields: fixed });
  if (!entered) return;
  const harmless = (field: EditedField): boolean =>
    field === 'description' || (field === 'claimWindowMs' && longerWindow);
  const harmful = changed.filter((field) => !harmless(field));
  if (harmful.length > 0)
    throw new DomainError('giveaway_edit_hurts_entrants', 'People have entered under the rules as they are.', {
      fields: harmful,
    });
}
