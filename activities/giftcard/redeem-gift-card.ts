import type { Database } from '../../db/connect.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { parseMinor } from '../../domain/money.ts';
import {
  redeemGiftCardId,
  type ConfirmedRedemption,
  type RedeemGiftCardInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import type { PayoutRulesOf } from './pay-settlement.ts';

export const redeemGiftCardActivities = (db: Database, payoutRulesOf: PayoutRulesOf) => ({
  /** The one transaction that the till waits for; the first intent of its payout is written in it. */
  redeemGiftCard: (input: RedeemGiftCardInput): Promise<ConfirmedRedemption> =>
    redeemGiftCard(
      db,
      {
        ...input,
        amountMinor: input.amountMinor === null ? null : parseMinor(input.amountMinor),
        expiresAt: new Date(input.expiresAt),
        payout: {
          settle: 'instant',
          settlementId: input.settlementId,
          workflowId: redeemGiftCardId(input.redemptionId),
          ...payoutRulesOf(input.cardCurrency),
        },
      },
      input,
    ),
});
