import type { Database } from '../../db/connect.ts';
import { redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import {
  beginLeg,
  completeLeg,
  completeSettlement,
  markIntentUnknown,
  parkSettlement,
  refuseLeg,
  resumeSettlement,
  type Leg,
} from '../../db/giftcard/settle-redemption.ts';
import { nameUuid } from '../../domain/ids.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { redeemGiftCardId, type RedeemGiftCardInput, type RedemptionView } from '../../workflows/giftcard/contract.ts';

interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

export interface LegIntent {
  readonly intentId: string;
  readonly amountMinor: string;
  readonly currency: string;
  /** Null: the platform's own account. */
  readonly destinationAccount: string | null;
  readonly firstSentAt: string;
  readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
}

export const redeemGiftCardActivities = (db: Database, alerts: AlertsPort) => ({
  /** The one transaction that the till waits for. */
  redeemGiftCard: async (input: RedeemGiftCardInput): Promise<RedemptionView> => {
    const redemption = await redeemGiftCard(
      db,
      {
        ...input,
        settlementId: nameUuid(sha1, 'settlement', input.redemptionId),
        workflowId: redeemGiftCardId(input.redemptionId),
        amountMinor: input.amountMinor === null ? null : parseMinor(input.amountMinor),
        expiresAt: new Date(input.expiresAt),
      },
      input,
    );
    return {
      ...redemption,
      amountMinor: redemption.amountMinor.toString(),
      remainingMinor: redemption.remainingMinor.toString(),
      state: 'SETTLING',
    };
  },

  beginLeg: async (input: { settlementId: string; leg: Leg }): Promise<LegIntent | null> => {
    const intent = await beginLeg(db, input);
    if (!intent) return null;
    return {
      intentId: intent.id,
      amountMinor: intent.amount_minor.toString(),
      currency: intent.currency,
      destinationAccount: intent.destination_account,
      firstSentAt: intent.first_sent_at.toISOString(),
      state: intent.state,
    };
  },

  completeLeg: (input: Caused & { intentId: string; providerId: string; payoutFeeMinor: string }): Promise<void> =>
    completeLeg(db, { ...input, payoutFeeMinor: parseMinor(input.payoutFeeMinor) }, input),
  refuseLeg: (input: Caused & { intentId: string; failureCode: string }): Promise<void> => refuseLeg(db, input, input),
  markIntentUnknown: (intentId: string): Promise<void> => markIntentUnknown(db, intentId),
  completeSettlement: (input: Caused & { settlementId: string }): Promise<void> =>
    completeSettlement(db, input.settlementId, input),
  parkSettlement: (input: Caused & { settlementId: string; reason: string }): Promise<number> =>
    parkSettlement(db, input, input),
  resumeSettlement: (input: Caused & { settlementId: string; caseNumber: number; reason: string }): Promise<void> =>
    resumeSettlement(db, input, input),

  alertFinance: (input: Caused & { settlementId: string; caseNumber: number; reason: string }): Promise<void> =>
    alerts.raise({
      key: `settlement:${input.settlementId}:${input.caseNumber}`,
      summary: `Settlement ${input.settlementId} needs a decision: ${input.reason}`,
      correlationId: input.requestId,
    }),
});
