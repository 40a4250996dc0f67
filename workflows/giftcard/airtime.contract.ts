import type { TaskQueue } from '../../temporal-config/task-queues.ts';

/** Top-ups of phones. No number is in any of this: it stays in its row. */

export const TELECOM_TASK_QUEUE: TaskQueue = 'telecom';

export interface VendAirtimeInput {
  readonly vendId: string;
  readonly requestId: string;
}

export interface VendView {
  readonly vendId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly state:
    | 'SUBMITTED'
    | 'UNKNOWN'
    | 'WAITING_FOR_FLOAT'
    | 'NEEDS_ATTENTION'
    | 'DELIVERED'
    | 'FAILED_DEFINITE'
    | 'REVERSED';
  readonly caseNumber: number;
  readonly failureCode: string | null;
  readonly refundId: string | null;
}

/** How long the provider is asked before a person is, and how often. In milliseconds; the last wait is repeated. */
export interface VendPatience {
  readonly lookUpDelaysMs: readonly number[];
  readonly giveUpMs: number;
  readonly floatDelaysMs: readonly number[];
}

export interface VendDecision {
  /** Ask again; or take what nobody will ever know for delivered, or for failed: two people have decided that. */
  readonly kind: 'retry' | 'take_as_delivered' | 'take_as_failed';
  readonly caseNumber: number;
  readonly reason: string;
  readonly actor: string;
  readonly requestId: string;
}

export interface ReverseAirtimeInput {
  readonly vendId: string;
  readonly intentId: string;
  readonly requestId: string;
}

/** What the provider says, without the number. */
export type TopUpResult =
  | { readonly kind: 'delivered'; readonly providerId: string }
  | { readonly kind: 'pending' }
  | { readonly kind: 'refused'; readonly code: string }
  | { readonly kind: 'low_float' }
  | { readonly kind: 'reversed' }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unknown'; readonly cause: string; readonly retryAfterMs: number };

export const VEND_AIRTIME = 'vendAirtime';
export const DECIDE_VEND = 'decideVend';
export const VEND_STATUS = 'vendStatus';
/** The provider has said something about it: it is looked up now. */
export const VEND_HINT = 'vendHint';
export const vendAirtimeId = (vendId: string): string => `giftcard.vend/${vendId}`;

export const REVERSE_AIRTIME = 'reverseAirtime';
export const reverseAirtimeId = (intentId: string, messageId: string): string =>
  `giftcard.vend-reversal/${intentId}/${messageId}`;
