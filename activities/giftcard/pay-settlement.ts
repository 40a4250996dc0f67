import type { Database } from '../../db/connect.ts';
import {
  completeLeg,
  markIntentUnknown,
  nextStep,
  parkSettlement,
  refuseLeg,
} from '../../db/giftcard/pay-settlement.ts';
import { resumeSettlement, writeOffPayout } from '../../db/giftcard/decide-settlement.ts';
import { reversePayout, type ReversedPayout } from '../../db/giftcard/reverse-payout.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { PayoutRulesOf } from '../../runtime/payout-rules.ts';
import type { SettlementStep } from '../../workflows/giftcard/settlement.contract.ts';

interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

interface SettlementRef extends Caused {
  readonly settlementId: string;
  readonly currency: string;
}

interface IntentRef extends SettlementRef {
  readonly intentId: string;
}

export const paySettlementActivities = (db: Database, alerts: AlertsPort, payoutRulesOf: PayoutRulesOf) => ({
  nextStep: (input: SettlementRef): Promise<SettlementStep> =>
    nextStep(db, { ...input, ...payoutRulesOf(input.currency) }, input),

  /** @returns what is next: the platform's leg follows the merchant's in the same transaction. */
  completeLeg: (input: IntentRef & { providerId: string; payoutFeeMinor: string }): Promise<SettlementStep> =>
    completeLeg(
      db,
      { ...input, payoutFeeMinor: parseMinor(input.payoutFeeMinor), ...payoutRulesOf(input.currency) },
      input,
    ),

  refuseLeg: (input: IntentRef & { failureCode: string }): Promise<void> => refuseLeg(db, input, input),
  markIntentUnknown: (intentId: string): Promise<void> => markIntentUnknown(db, intentId),
  parkSettlement: (input: SettlementRef & { reason: string }): Promise<SettlementStep> =>
    parkSettlement(db, input, input),
  resumeSettlement: (
    input: SettlementRef & { caseNumber: number; reason: string; payoutAccount?: string | undefined },
  ): Promise<SettlementStep> => resumeSettlement(db, input, input),
  writeOffPayout: (input: SettlementRef & { caseNumber: number; reason: string }): Promise<SettlementStep> =>
    writeOffPayout(db, input, input),
  reversePayout: (input: Caused & { intentId: string; workflowId: string }): Promise<ReversedPayout> =>
    reversePayout(db, input, input),

  alertFinance: (input: SettlementRef & { caseNumber: number; reason: string }): Promise<void> =>
    alerts.raise({
      key: `settlement:${input.settlementId}:${input.caseNumber}`,
      summary: `Settlement ${input.settlementId} needs a decision: ${input.reason}`,
      correlationId: input.requestId,
    }),
});
