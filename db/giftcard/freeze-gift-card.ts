import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

interface CardDecision {
  readonly cardId: string;
  readonly reason: string;
}

/**
 * A frozen card cannot be spent or assigned; what was authorised before may still be confirmed, and it still expires.
 * @throws DomainError card_not_found.
 */
export const freezeGiftCard = async (db: Db, input: CardDecision, cause: Cause): Promise<void> => {
  await callCommand(db, 'freeze_gift_card', { ...input, ...cause });
};

/** @throws DomainError card_not_found. */
export const unfreezeGiftCard = async (db: Db, input: CardDecision, cause: Cause): Promise<void> => {
  await callCommand(db, 'unfreeze_gift_card', { ...input, ...cause });
};
