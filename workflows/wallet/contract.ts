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

/** What of the wallet other contexts of this namespace call, on the wallet's queue. */
export interface HoldWalletInput {
  readonly publishId: string;
  readonly hostId: string;
  readonly giveawayId: string;
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
