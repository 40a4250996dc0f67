import type { Database } from '../../db/connect.ts';
import { disputeFunding, noteUnfrozen, resolveDispute, type Dispute } from '../../db/wallet/dispute-funding.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { DisputeFundingInput, DisputeView } from '../../workflows/wallet/contract.ts';

interface Caused {
  readonly actor: string;
  readonly requestId: string;
}

interface Resolution extends Caused {
  readonly disputeId: string;
  readonly caseNumber: number;
  readonly outcome: 'WON' | 'LOST';
  readonly reason: string;
}

export const disputeFundingActivities = (db: Database, alerts: AlertsPort) => ({
  disputeFunding: (input: DisputeFundingInput & Caused): Promise<DisputeView> =>
    disputeFunding(db, { fundingId: input.fundingId, amountMinor: parseMinor(input.amountMinor) }, input),

  resolveDispute: (input: Resolution): Promise<DisputeView> => resolveDispute(db, input, input),

  noteUnfrozen: ({ disputeId }: { disputeId: string }): Promise<void> => noteUnfrozen(db, disputeId),

  alertDispute: ({ disputeId, caseNumber, requestId }: Pick<Dispute, 'disputeId' | 'caseNumber'> & Caused) =>
    alerts.raise({
      key: `dispute:${disputeId}:${caseNumber}`,
      summary: `A charge is disputed: funding ${disputeId}; its wallet and escrow are frozen`,
      correlationId: requestId,
    }),
});
