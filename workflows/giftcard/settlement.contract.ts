import type { PaymentResult, SendTransferInput } from '../payments/contract.ts';

interface Caused {
  readonly requestId: string;
}

/** A redemption that is confirmed, for the workflow that pays it out. */
export interface RedeemGiftCardInput extends Caused {
  readonly redemptionId: string;
  /** The settlement of its own that pays it out. */
  readonly settlementId: string;
  readonly currency: string;
  /** What comes first, as the redemption wrote it; null: the rows say it. */
  readonly step: SettlementStep | null;
}

export type SettlementState = 'SETTLING' | 'NEEDS_ATTENTION' | 'SETTLED';

/** What of a settlement is to be sent, or looked up, now. */
export interface SettlementStep {
  readonly settlementId: string;
  readonly state: SettlementState;
  readonly caseNumber: number;
  readonly reason: string | null;
  /** The auditor has halted payouts of the currency: the next leg begins when this ends. */
  readonly haltId: string | null;
  /** Null when nothing is left to pay, or a person has to decide. */
  readonly intent: LegIntent | null;
}

export interface LegIntent {
  readonly intentId: string;
  readonly leg: 'merchant' | 'platform';
  readonly amountMinor: string;
  readonly currency: string;
  /** Null: the platform's own account. */
  readonly destinationAccount: string | null;
  readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
  readonly firstSentAt: string;
}

/** What the payment provider is asked for: the intent's id is the key of the transfer, however often it is sent. */
export const transferOf = (
  { intentId, amountMinor, currency, destinationAccount, firstSentAt }: LegIntent,
  requestId: string,
): SendTransferInput => ({
  intentId,
  amountMinor,
  currency,
  firstSentAt,
  requestId,
  ...(destinationAccount === null ? {} : { destinationAccount }),
});

export interface PayOutInput extends Caused {
  readonly settlementId: string;
  readonly currency: string;
  readonly actor: string;
  readonly step: SettlementStep;
}

export interface PaidOut {
  /** Where the payout has come to. */
  readonly step: SettlementStep;
  /** What the provider said of the step's intent where that was not a yes; null where there is nothing to send. */
  readonly result: PaymentResult | null;
}

export const REDEEM_GIFT_CARD = 'redeemGiftCard';
/** A query: where the payout of a redemption has come to. */
export const PAYOUT_STATE = 'payoutState';
export const redeemGiftCardId = (redemptionId: string): string => `giftcard.redeem/${redemptionId}`;

export interface RefundRedemptionInput extends Caused {
  readonly refundId: string;
  readonly redemptionId: string;
  /** Null: all that is left of the redemption. */
  readonly amountMinor: string | null;
  readonly reason: string;
  readonly actor: string;
}

/** A refund, and what the provider is to take back, or is asked about, now. */
export interface RefundStep {
  readonly refundId: string;
  readonly redemptionId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly state: 'REQUESTED' | 'WAITING_FOR_SETTLEMENT' | 'PULLING_BACK' | 'WAITING_FOR_MERCHANT' | 'COMPLETED';
  readonly way: 'before_payout' | 'netted' | 'pulled_back' | 'honoured' | null;
  readonly caseNumber: number;
  readonly failureCode: string | null;
  readonly intent: {
    readonly intentId: string;
    readonly amountMinor: string;
    readonly currency: string;
    readonly sourceAccount: string;
    readonly firstSentAt: string;
  } | null;
}

export interface RefundDecision {
  readonly kind: 'retry' | 'honour';
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

export const REFUND_REDEMPTION = 'refundRedemption';
/** Answered when the refund stands in the database, booked or waiting. */
export const AWAIT_REFUND = 'awaitRefund';
export const DECIDE_REFUND = 'decideRefund';
export const REFUND_STATUS = 'refundStatus';
export const refundRedemptionId = (refundId: string): string => `giftcard.refund/${refundId}`;

export interface DueBatch {
  /** Null: carried shares of the platform. */
  readonly merchantId: string | null;
  readonly currency: string;
  /** Of a window with more than 10,000 lines. */
  readonly part: number;
}

export interface SettleBatchInput extends Caused, DueBatch {
  readonly window: string;
}

export const SETTLE_BATCH = 'settleBatch';
export const SETTLEMENT_STATUS = 'settlementStatus';
export const settleBatchId = ({ merchantId, currency, window, part }: Omit<SettleBatchInput, 'requestId'>): string =>
  `giftcard.settle/${merchantId ?? 'platform'}/${currency}/${window}/${part}`;

/** The batch that a workflow of this id pays. */
export function parseSettleBatchId(workflowId: string): Omit<SettleBatchInput, 'requestId'> | undefined {
  const [name, merchant = '', currency = '', window = '', part = ''] = workflowId.split('/');
  if (name !== 'giftcard.settle') return undefined;
  return { merchantId: merchant === 'platform' ? null : merchant, currency, window, part: Number(part) };
}

export interface SettlementRunInput {
  readonly cadence: 'hourly' | 'daily';
  /** Absent: the hour or the day of now. */
  readonly window?: string;
}

export const RUN_SETTLEMENTS = 'runSettlements';
export const runSettlementsId = (runId: string): string => `giftcard.run-settlements/${runId}`;

/** What finance decides about a parked settlement. */
export interface SettlementDecision {
  readonly kind: 'retry' | 'amend' | 'write_off';
  readonly decisionId: string;
  /** Of `amend`: where this settlement is paid instead. */
  readonly payoutAccount?: string;
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

/** An update for each kind, so that Temporal's UI says which it was. */
export const SETTLEMENT_DECISIONS = {
  retry: 'retrySettlement',
  amend: 'amendAndRetry',
  write_off: 'writeOff',
} as const satisfies Record<SettlementDecision['kind'], string>;

export interface ReversePayoutInput extends Caused {
  readonly intentId: string;
}

export const REVERSE_PAYOUT = 'reversePayout';
/** By message: a payout that comes back is looked into as often as the provider says so. */
export const reversePayoutId = (intentId: string, messageId: string): string =>
  `giftcard.reversal/${intentId}/${messageId}`;

/** What the provider had taken back for a refund went back to the merchant; looked up before anything is booked. */
export const REVERSE_PULL_BACK = 'reversePullBack';
export const reversePullBackId = (intentId: string, messageId: string): string =>
  `giftcard.pull-back-reversal/${intentId}/${messageId}`;

/** The intent that a workflow of this id is about. */
export function parseReversePayoutId(workflowId: string): string | undefined {
  const [name, intentId] = workflowId.split('/');
  return name === 'giftcard.reversal' ? intentId : undefined;
}
