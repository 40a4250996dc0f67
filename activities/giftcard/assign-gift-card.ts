import type { Database } from '../../db/connect.ts';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import type { AssignedGiftCard, AssignGiftCardInput } from '../../workflows/giftcard/contract.ts';

export const assignGiftCardActivities = (db: Database, codes: CardCodes) => ({
  /** Makes the code and seals it in the card's row: it never enters a history. */
  assignGiftCard: async (input: AssignGiftCardInput): Promise<AssignedGiftCard> => {
    const cause = { actor: `workflow:claim/${input.awardId}`, requestId: input.requestId };
    const card = await assignGiftCard(db, { ...input, code: codes.create(input.cardId) }, cause);
    return { cardId: card.cardId, expiresAt: card.expiresAt.toISOString() };
  },
});
