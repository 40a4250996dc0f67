import type { TaskQueue } from '../../temporal-config/task-queues.ts';

/** What the activities of the `payments` queue answer. Amounts are minor units as strings. */
export type PaymentResult =
  | { readonly kind: 'succeeded'; readonly providerId: string; readonly feeMinor: string }
  | { readonly kind: 'pending'; readonly providerId: string }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** It was carried out, and came back. */
  | { readonly kind: 'reversed'; readonly providerId: string; readonly feeMinor: string }
  | { readonly kind: 'not_found' }
  /** Not sent: the provider would take the same key for a new payment. */
  | { readonly kind: 'window_over' }
  /** `retryAfterMs`: the provider wants to be left alone for so long. */
  | { readonly kind: 'unknown'; readonly cause: string; readonly retryAfterMs?: number };

interface PaymentInput {
  /** Also the provider's idempotency key and our reference there. */
  readonly intentId: string;
  readonly amountMinor: string;
  readonly currency: string;
  /** The provider's key window is counted from here: nothing is sent after it. */
  readonly firstSentAt: string;
  readonly requestId: string;
}

export interface SendChargeInput extends PaymentInput {
  /** The provider's token of the payer's means of payment. */
  readonly source: string;
}

export interface SendTransferInput extends PaymentInput {
  /** Whom to pay: an account at the provider. Absent: the platform's own account. */
  readonly destinationAccount?: string;
}

export interface SendPullBackInput extends PaymentInput {
  /** From whom it is taken back: an account at the provider. */
  readonly sourceAccount: string;
}

export interface FindPaymentInput {
  readonly intentId: string;
  readonly requestId: string;
}

export interface SearchSettlementFilesInput {
  readonly intentId: string;
  readonly firstSentAt: string;
}

/** What the provider's files of the time in question say of our reference; `not_final`: nothing yet. */
export type SearchedFiles = 'listed' | 'lacking' | 'not_final';

/** The code of a refused transfer when the pooled account is short: as in providers/payments/port.ts. */
export const POOL_SHORT = 'pool_balance_short';

export interface PaymentsActivities {
  /** Whether the pooled account has as much. */
  poolCovers(input: { readonly currency: string; readonly amountMinor: string }): Promise<boolean>;
  sendCharge(input: SendChargeInput): Promise<PaymentResult>;
  findCharge(input: FindPaymentInput): Promise<PaymentResult>;
  sendTransfer(input: SendTransferInput): Promise<PaymentResult>;
  findTransfer(input: FindPaymentInput): Promise<PaymentResult>;
  sendPullBack(input: SendPullBackInput): Promise<PaymentResult>;
  findPullBack(input: FindPaymentInput): Promise<PaymentResult>;
  searchSettlementFiles(input: SearchSettlementFilesInput): Promise<SearchedFiles>;
}

export const PAYMENTS_TASK_QUEUE: TaskQueue = 'payments';

/** A signal: the provider has said something of a payment that is waited for (a webhook), so look it up now. */
export const PROVIDER_CONFIRMED = 'providerConfirmed';
