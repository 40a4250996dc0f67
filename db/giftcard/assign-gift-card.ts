import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface AssignGiftCard {
  readonly cardId: string;
  readonly awardId: string;
  readonly assigneeId: string;
  /** The award that the card was assigned to, where it moves from one winner to the next. */
  readonly formerAwardId?: string | undefined;
  /** Kept only when the card has no code yet; the plain code is known to nobody but the caller and the box. */
  readonly code: { readonly hash: Uint8Array; readonly sealed: Uint8Array };
}

export interface AssignedCard {
  readonly cardId: string;
  readonly expiresAt: string;
}

/**
 * The card becomes the winner's, and its validity starts. Repeated for the same award it returns the first result.
 * @throws DomainError card_not_found, card_not_assignable (assigned to an award that is
 *   not the former one, spent, held, or ended), card_frozen,
 *   catalogue_item_expired.
 */
export const assignGiftCard = (db: Db, { code, ...input }: AssignGiftCard, cause: Cause): Promise<AssignedCard> =>
  callCommand<AssignedCard>(db, 'assign_gift_card', {
    ...input,
    codeHash: Buffer.from(code.hash).toString('hex'),
    codeSealed: Buffer.from(code.sealed).toString('hex'),
    ...cause,
  });
