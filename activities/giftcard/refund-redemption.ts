import type { Database } from '../../db/connect.ts';
import {
  completePullBack,
  continueRefund,
  honourRefund,
  parkRefund,
  refusePullBack,
  requestRefund,
} from '../../db/giftcard/refund-redemption.ts';
import { reversePullBack } from '../../db/giftcard/reverse-pull-back.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { RefundRedemptionInput, RefundStep } from '../../workflows/giftcard/settlement.contract.ts';

interface RefundRef {
  readonly refundId: string;
  readonly actor: string;
  readonly requestId: string;
}

export const refundRedemptionActivities = (db: Database, alerts: AlertsPort) => ({
  requestRefund: (input: RefundRedemptionInput): Promise<RefundStep> =>
    requestRefund(
      db,
      { ...input, amountMinor: input.amountMinor === null ? null : parseMinor(input.amountMinor) },
      input,
    ),

  continueRefund: (input: RefundRef & { caseNumber?: number; decisionReason?: string }): Promise<RefundStep> =>
    continueRefund(db, input, input),

  completePullBack: (
    input: RefundRef & { intentId: string; providerId: string; providerFeeMinor: string },
  ): Promise<RefundStep> =>
    completePullBack(db, { ...input, providerFeeMinor: parseMinor(input.providerFeeMinor) }, input),

  refusePullBack: (input: RefundRef & { intentId: string; failureCode: string }): Promise<RefundStep> =>
    refusePullBack(db, input, input),

  parkRefund: (input: RefundRef & { reason: string }): Promise<RefundStep> => parkRefund(db, input, input),

  honourRefund: (input: RefundRef & { caseNumber: number; decisionReason?: string }): Promise<RefundStep> =>
    honourRefund(db, input, input),

  /** The provider has given back to the merchant what it had taken. */
  reversePullBack: (
    input: Omit<RefundRef, 'refundId'> & { intentId: string; providerId: string; providerFeeMinor: string },
  ): Promise<RefundStep> =>
    reversePullBack(db, { ...input, providerFeeMinor: parseMinor(input.providerFeeMinor) }, input),

  alertPullBackReversed: ({ refundId, requestId }: RefundRef): Promise<void> =>
    alerts.raise({
      key: `refund:${refundId}:pull-back-reversed`,
      summary: `The merchant has the money of refund ${refundId} again, and owes it to us`,
      correlationId: requestId,
    }),

  alertRefund: (input: RefundRef & { caseNumber: number; reason: string }): Promise<void> =>
    alerts.raise({
      key: `refund:${input.refundId}:${input.caseNumber}`,
      summary: `Refund ${input.refundId} needs a decision: ${input.reason}`,
      correlationId: input.requestId,
    }),
});
