import type { Database } from '../../db/connect.ts';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import type { AssignedGiftCard, AssignGiftCardInput } from '../../workflows/giftcard/contract.ts';

export const assignGiftCardActivities = (db: Database, codes: CardCodes) => ({
  /** Makes the code and seals it in the card's row: it never enters a history. */
  assignGiftCard: (input: AssignGiftCardInput): Promise<AssignedGiftCard> =>
    assignGiftCard(
      db,
      { ...input, code: codes.create(input.cardId) },
      { actor: `workflow:claim/${input.awardId}`, requestId: input.requestId },
    ),
});
