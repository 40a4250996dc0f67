import type { Database } from '../../db/connect.ts';
import { beginFunding, completeFunding, decideFunding, failFunding, parkFunding } from '../../db/wallet/fund-wallet.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { FundingView, FundWalletInput } from '../../workflows/wallet/contract.ts';

interface FundingRef {
  readonly fundingId: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface BegunFunding extends FundingView {
  /** By the database's clock: the provider's key window counts from here. */
  readonly firstSentAt: string;
}

export const fundWalletActivities = (db: Database, alerts: AlertsPort) => ({
  /** Writes the intent of the charge and its pending entry. */
  beginFunding: (input: FundWalletInput): Promise<BegunFunding> =>
    beginFunding(db, { ...input, amountMinor: parseMinor(input.amountMinor) }, input),

  completeFunding: (input: FundingRef & { providerId: string; feeMinor: string }): Promise<FundingView> =>
    completeFunding(db, { ...input, feeMinor: parseMinor(input.feeMinor) }, input),

  failFunding: (input: FundingRef & { failureCode: string }): Promise<FundingView> => failFunding(db, input, input),

  parkFunding: (input: FundingRef & { reason: string }): Promise<FundingView> => parkFunding(db, input, input),

  /** Who has the provider asked again, and why. */
  decideFunding: (input: FundingRef & { caseNumber: number; decisionReason: string }): Promise<FundingView> =>
    decideFunding(db, input, input),

  alertFunding: (input: FundingRef & { caseNumber: number; reason: string }): Promise<void> =>
    alerts.raise({
      key: `funding:${input.fundingId}:${input.caseNumber}`,
      summary: `Nobody can say what became of the charge of funding ${input.fundingId}: ${input.reason}`,
      correlationId: input.requestId,
    }),
});
