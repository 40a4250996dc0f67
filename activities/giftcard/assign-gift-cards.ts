import type { Database } from '../../db/connect.ts';
import { assignGiftCards } from '../../db/giftcard/assign-gift-cards.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import type { AssignedGiftCards, AssignGiftCardsInput } from '../../workflows/giftcard/contract.ts';

export const assignGiftCardsActivities = (db: Database, codes: CardCodes) => ({
  /** Makes the codes and seals them in the cards' rows: none of them enters a history. */
  assignGiftCards: async ({ batchId, cards, requestId }: AssignGiftCardsInput): Promise<AssignedGiftCards> => ({
    answers: await assignGiftCards(
      db,
      cards.map((card) => ({ ...card, code: codes.create(card.cardId) })),
      { actor: `workflow:fulfil/${batchId}`, requestId },
    ),
  }),
});
