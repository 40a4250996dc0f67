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
}

export const FUND_WALLET = 'fundWallet';
/** Answered when the provider's answer is booked, or is definitely a refusal. */
export const AWAIT_FUNDED = 'awaitFunded';
export const FUNDING_STATUS = 'fundingStatus';
/** The provider said something about this charge (a webhook): look it up now. */
export const PROVIDER_CONFIRMED = 'providerConfirmed';

export const fundWalletId = (fundingId: string): string => `wallet.fund/${fundingId}`;

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
});
export const GIVEAWAY_WALLET_ENDPOINT = 'giveaway-wallet';

export const CREDIT_RELEASE = 'creditRelease';
export const creditReleaseId = (releaseId: string): string => `wallet.credit/${releaseId}`;
export const HOLD_WALLET = 'holdWallet';
export const POST_WALLET_HOLD = 'postWalletHold';
export const VOID_WALLET_HOLD = 'voidWalletHold';
export const holdWalletId = (publishId: string): string => `wallet.hold/${publishId}`;
export const postWalletHoldId = (publishId: string): string => `wallet.post/${publishId}`;
export const voidWalletHoldId = (publishId: string): string => `wallet.void/${publishId}`;
