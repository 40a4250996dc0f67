import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { AssignGiftCard } from './assign-gift-card.ts';

export interface AssignmentAnswer {
  readonly awardId: string;
  /** The code of the refusal; null where the card is the winner's now. */
  readonly refusal: string | null;
}

/** Many cards in one transaction; what is refused for one of them is said, and holds up no other. Safe to repeat. */
export const assignGiftCards = (db: Db, cards: readonly AssignGiftCard[], cause: Cause): Promise<AssignmentAnswer[]> =>
  callCommand(db, 'assign_gift_cards', {
    cards: cards.map(({ code, ...card }) => ({
      ...card,
      codeHash: Buffer.from(code.hash).toString('hex'),
      codeSealed: Buffer.from(code.sealed).toString('hex'),
    })),
    ...cause,
  });
