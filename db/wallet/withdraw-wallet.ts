import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export type WithdrawalState =
  | 'PAYING'
  | 'WAITING_FOR_BALANCE'
  | 'NEEDS_ATTENTION'
  | 'SUCCEEDED'
  | 'FAILED'
  /** It was paid, and came back. */
  | 'RETURNED';

export interface Withdrawal {
  readonly withdrawalId: string;
  readonly hostId: string;
  readonly currency: string;
  /** What leaves the wallet. */
  readonly amountMinor: string;
  /** What the provider kept of the charges that funded this part of the wallet. */
  readonly feeMinor: string;
  /** What the host gets: the amount less the fee. */
  readonly paidMinor: string;
  readonly state: WithdrawalState;
  readonly failureCode: string | null;
  readonly caseNumber: number;
  readonly createdAt: string;
}

export interface WithdrawalStep extends Withdrawal {
  /** The auditor has halted payouts of the currency: this one begins when that ends. */
  readonly haltId: string | null;
  /** What is to be sent to the provider, or looked up there, now. */
  readonly intent: WithdrawalIntent | null;
  /** What nobody knows the end of, while a person has to look. */
  readonly parkedIntent: WithdrawalIntent | null;
}

export interface WithdrawalIntent {
  readonly intentId: string;
  readonly amountMinor: string;
  readonly currency: string;
  readonly destinationAccount: string;
  /** By the database's clock: the provider's key window counts from here. */
  readonly firstSentAt: string;
}

export interface BeginWithdrawal {
  readonly withdrawalId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  /** The least that the provider pays out. */
  readonly payoutMinimumMinor: bigint;
}

interface IntentRef {
  readonly withdrawalId: string;
  readonly intentId: string;
}

const command =
  <I extends object>(name: string) =>
  (db: Db, input: I, { actor, requestId }: Cause): Promise<WithdrawalStep> =>
    callCommand<WithdrawalStep>(db, name, { ...input, actor, requestId });

/**
 * Sets the money aside and writes the intent of the payout. Repeated with the same inputs it returns what stands there.
 * @throws DomainError wallet_not_found, wallet_frozen, wallet_insufficient_funds, wallet_funds_not_yet_spendable,
 *   payout_account_missing, withdrawal_too_small, idempotency_key_reused.
 */
export const beginWithdrawal = command<BeginWithdrawal>('begin_withdrawal');

/** What is next: a new intent where the last one ended for want of balance in the pool. */
export const nextWithdrawalStep = command<{ withdrawalId: string }>('next_withdrawal_step');

/** The provider has paid; its own fee for that is the platform's cost. */
export const completeWithdrawal = command<IntentRef & { providerId: string; payoutFeeMinor: bigint }>(
  'complete_withdrawal',
);

/** The provider has definitely refused: the withdrawal waits for balance in the pool, or fails and gives the money back. */
export const refuseWithdrawal = command<IntentRef & { failureCode: string; balanceShort: boolean }>(
  'refuse_withdrawal',
);

/** Nobody can say what became of the payout: a person has to look. */
export const parkWithdrawal = command<{ withdrawalId: string; reason: string }>('park_withdrawal');

/** @throws DomainError case_changed; second_person_missing when the money is to be given back by one person alone. */
export const decideWithdrawal = command<{
  withdrawalId: string;
  kind: 'retry' | 'give_back';
  caseNumber: number;
  reason: string;
}>('decide_withdrawal');

/** A payout came back: the wallet has it again, with the fee that it carried. */
export const returnWithdrawal = command<{ withdrawalId: string }>('return_withdrawal');
