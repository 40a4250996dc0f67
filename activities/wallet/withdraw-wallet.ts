import type { Database } from '../../db/connect.ts';
import {
  beginWithdrawal,
  completeWithdrawal,
  decideWithdrawal,
  nextWithdrawalStep,
  parkWithdrawal,
  refuseWithdrawal,
  returnWithdrawal,
} from '../../db/wallet/withdraw-wallet.ts';
import { parseMinor } from '../../domain/money.ts';
import type { AlertsPort } from '../../providers/alerts/port.ts';
import type { WithdrawalStep, WithdrawWalletInput } from '../../workflows/wallet/contract.ts';

interface WithdrawalRef {
  readonly withdrawalId: string;
  readonly actor: string;
  readonly requestId: string;
}

export const withdrawWalletActivities = (
  db: Database,
  alerts: AlertsPort,
  payoutMinimumOf: (currency: string) => bigint,
) => ({
  /** Sets the money aside and writes the intent of the payout. */
  beginWithdrawal: (input: WithdrawWalletInput): Promise<WithdrawalStep> =>
    beginWithdrawal(
      db,
      {
        ...input,
        amountMinor: parseMinor(input.amountMinor),
        payoutMinimumMinor: payoutMinimumOf(input.currency),
      },
      input,
    ),

  nextWithdrawalStep: (input: WithdrawalRef): Promise<WithdrawalStep> => nextWithdrawalStep(db, input, input),

  completeWithdrawal: (
    input: WithdrawalRef & { intentId: string; providerId: string; payoutFeeMinor: string },
  ): Promise<WithdrawalStep> =>
    completeWithdrawal(db, { ...input, payoutFeeMinor: parseMinor(input.payoutFeeMinor) }, input),

  refuseWithdrawal: (
    input: WithdrawalRef & { intentId: string; failureCode: string; balanceShort: boolean },
  ): Promise<WithdrawalStep> => refuseWithdrawal(db, input, input),

  parkWithdrawal: (input: WithdrawalRef & { reason: string }): Promise<WithdrawalStep> =>
    parkWithdrawal(db, input, input),

  decideWithdrawal: (
    input: WithdrawalRef & { kind: 'retry' | 'give_back'; caseNumber: number; reason: string },
  ): Promise<WithdrawalStep> => decideWithdrawal(db, input, input),

  returnWithdrawal: (input: WithdrawalRef): Promise<WithdrawalStep> => returnWithdrawal(db, input, input),

  alertWithdrawal: (input: WithdrawalRef & { caseNumber: number; reason: string }): Promise<void> =>
    alerts.raise({
      key: `withdrawal:${input.withdrawalId}:${input.caseNumber}`,
      summary: `Withdrawal ${input.withdrawalId} needs a decision: ${input.reason}`,
      correlationId: input.requestId,
    }),
});
