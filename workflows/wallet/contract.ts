import * as nexus from 'nexus-rpc';
import type { TaskQueue } from '../../temporal-config/task-queues.ts';

export const WALLET_TASK_QUEUE: TaskQueue = 'wallet';

export interface FundWalletInput {
  readonly fundingId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  /** The provider's token of the host's means of payment: no card data. */
  readonly source: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface FundingView {
  readonly fundingId: string;
  readonly state: 'PENDING' | 'SUCCEEDED' | 'FAILED' | 'NEEDS_ATTENTION';
  readonly amountMinor: string;
  readonly currency: string;
  readonly feeMinor: string | null;
  readonly failureCode: string | null;
  readonly caseNumber: number;
}

/** Finance has the provider asked again about a parked funding. */
export interface FundingDecision {
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

export const FUND_WALLET = 'fundWallet';
/** Answered when the provider's answer is booked, or is definitely a refusal. */
export const AWAIT_FUNDED = 'awaitFunded';
export const RETRY_FUNDING = 'retryFunding';
export const FUNDING_STATUS = 'fundingStatus';

export const fundWalletId = (fundingId: string): string => `wallet.fund/${fundingId}`;

export interface WithdrawWalletInput {
  readonly withdrawalId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface WithdrawalView {
  readonly withdrawalId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  /** What the provider kept of the charges that funded it: the host gets `paidMinor`, the amount less this. */
  readonly feeMinor: string;
  readonly paidMinor: string;
  readonly state: 'PAYING' | 'WAITING_FOR_BALANCE' | 'NEEDS_ATTENTION' | 'SUCCEEDED' | 'FAILED' | 'RETURNED';
  readonly failureCode: string | null;
  readonly caseNumber: number;
  readonly createdAt: string;
}

/** A withdrawal, and what is to be sent, or looked up, at the provider now. */
export interface WithdrawalStep extends WithdrawalView {
  /** The auditor has halted payouts of the currency: this one begins when that ends. */
  readonly haltId: string | null;
  readonly intent: WithdrawalIntent | null;
  /** What nobody knows the end of, while a person has to look. */
  readonly parkedIntent: WithdrawalIntent | null;
}

export interface WithdrawalIntent {
  readonly intentId: string;
  readonly amountMinor: string;
  readonly currency: string;
  readonly destinationAccount: string;
  readonly firstSentAt: string;
}

export interface WithdrawalDecision {
  /** `retry`: ask the provider again. `give_back`: it was never paid; takes two people. */
  readonly kind: 'retry' | 'give_back';
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

export const WITHDRAW_WALLET = 'withdrawWallet';
/** Answered when the money is set aside and the payout's intent is written. */
export const AWAIT_WITHDRAWAL = 'awaitWithdrawal';
export const DECIDE_WITHDRAWAL = 'decideWithdrawal';
export const WITHDRAWAL_STATUS = 'withdrawalStatus';
export const withdrawWalletId = (withdrawalId: string): string => `wallet.withdraw/${withdrawalId}`;

export interface ReturnWithdrawalInput {
  readonly withdrawalId: string;
  readonly intentId: string;
  readonly requestId: string;
}

/** A payout that the provider says came back; looked up before anything is booked. */
export const RETURN_WITHDRAWAL = 'returnWithdrawal';
/** Each message of the provider is looked into on its own: an earlier one may have come too early. */
export const returnWithdrawalId = (withdrawalId: string, messageId: string): string =>
  `wallet.return/${withdrawalId}/${messageId}`;

export interface DisputeFundingInput {
  /** The charge, by our reference. */
  readonly fundingId: string;
  /** What the provider has taken back of it. */
  readonly amountMinor: string;
  readonly requestId: string;
}

export interface DisputeView {
  /** Also the funding's. */
  readonly disputeId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly takenMinor: string;
  readonly receivableMinor: string;
  readonly lostFeeMinor: string;
  readonly state: 'OPEN' | 'WON' | 'LOST' | 'WRITTEN_OFF';
  readonly caseNumber: number;
}

export interface DisputeResolution {
  /** Won: the provider has given the money back. */
  readonly outcome: 'WON' | 'LOST';
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

export const DISPUTE_FUNDING = 'disputeFunding';
export const RESOLVE_DISPUTE = 'resolveDispute';
export const DISPUTE_STATUS = 'disputeStatus';
export const disputeFundingId = (fundingId: string): string => `wallet.dispute/${fundingId}`;

/** What of the wallet other contexts of this namespace call, on the wallet's queue, and other domains through Nexus. */
export interface HoldWalletInput {
  /** The publish's or the order's: also the id of the escrow reservation. */
  readonly publishId: string;
  readonly hostId: string;
  /** Null: cards that are issued without a giveaway. */
  readonly giveawayId: string | null;
  readonly currency: string;
  readonly grossMinor: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface WalletHoldRef {
  readonly publishId: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface HeldWallet {
  /** What the provider kept of the charges that funded the held amount. */
  readonly fundingFeeMinor: string;
}

export interface CreditReleaseInput {
  readonly releaseId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly cashMinor: string;
  /** The share of the funding fee that goes back with it. */
  readonly feeMinor: string;
  readonly reason: string;
  readonly giveawayId: string | null;
  readonly requestId: string;
}

export interface FindPayoutsInput {
  readonly pageId: string;
  /** Ids of intents; at most 500. */
  readonly references: readonly string[];
  readonly requestId: string;
}

export interface FoundPayouts {
  readonly known: readonly string[];
}

/**
 * What other domains ask of a host's wallet. Each operation is backed by a workflow, may be repeated, and answers a
 * business refusal with an operation failure whose type is the error code.
 */
export const giveawayWallet = nexus.service('GiveawayWallet', {
  holdWallet: nexus.operation<HoldWalletInput, HeldWallet>(),
  /** The pivot of an order: from here it only goes forward. */
  postWalletHold: nexus.operation<WalletHoldRef, void>(),
  /** The undo of a hold, also of one that never arrived. */
  voidWalletHold: nexus.operation<WalletHoldRef, void>(),
  /** What escrow gives back. */
  creditRelease: nexus.operation<CreditReleaseInput, void>(),
  /** Whose payouts they are that the other book does not know. */
  findPayouts: nexus.operation<FindPayoutsInput, FoundPayouts>(),
});
export const GIVEAWAY_WALLET_ENDPOINT = 'giveaway-wallet';

export const FIND_PAYOUTS = 'findPayouts';
export const findPayoutsId = (pageId: string): string => `wallet.find-payouts/${pageId}`;
export const CREDIT_RELEASE = 'creditRelease';
export const creditReleaseId = (releaseId: string): string => `wallet.credit/${releaseId}`;
export const HOLD_WALLET = 'holdWallet';
export const POST_WALLET_HOLD = 'postWalletHold';
export const VOID_WALLET_HOLD = 'voidWalletHold';
export const holdWalletId = (publishId: string): string => `wallet.hold/${publishId}`;
export const postWalletHoldId = (publishId: string): string => `wallet.post/${publishId}`;
export const voidWalletHoldId = (publishId: string): string => `wallet.void/${publishId}`;
