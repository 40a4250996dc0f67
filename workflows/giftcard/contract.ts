import * as nexus from 'nexus-rpc';
import type { TaskQueue } from '../../temporal-config/task-queues.ts';

export const GIFTCARD_TASK_QUEUE: TaskQueue = 'giftcard';

interface Caused {
  readonly requestId: string;
}

/** Who sweeps: a sweep has no caller. */
export interface SweepInput extends Caused {
  readonly actor: string;
}

export const EXPIRE_AUTHORISATIONS = 'expireAuthorisations';

/** Amounts are minor units as strings. */
export interface ReserveEscrowInput extends Caused {
  /** Also the id of the publish and of the wallet's hold on the other book. */
  readonly reservationId: string;
  /** Null: cards that are issued without a giveaway. */
  readonly giveawayId: string | null;
  readonly hostId: string;
  readonly currency: string;
  readonly grossMinor: string;
  readonly fundingFeeMinor: string;
  readonly cards: readonly {
    readonly cardId: string;
    readonly merchantId: string;
    readonly catalogueItemId: string;
    readonly faceMinor: string;
  }[];
}

export interface ReservationRef extends Caused {
  readonly reservationId: string;
}

export interface Reservation {
  readonly reservationId: string;
  readonly state: 'RESERVING' | 'RESERVED' | 'VOIDED';
}

export interface AssignGiftCardInput extends Caused {
  readonly cardId: string;
  readonly awardId: string;
  readonly assigneeId: string;
}

export interface AssignedGiftCard {
  readonly cardId: string;
  readonly expiresAt: string;
}

export interface ReleaseEscrowInput extends Caused {
  readonly releaseId: string;
  /** Which cards; absent for a release that a sweep has begun. */
  readonly order?: {
    readonly hostId: string;
    readonly currency: string;
    readonly giveawayId: string | null;
    readonly reason: 'cancelled' | 'unassigned';
    /** At most 500. */
    readonly cardIds: readonly string[];
  };
}

export interface EscrowReleaseView {
  readonly releaseId: string;
  readonly hostId: string;
  readonly giveawayId: string | null;
  readonly currency: string;
  readonly reason: 'cancelled' | 'unassigned' | 'expired';
  readonly cards: number;
  readonly cashMinor: string;
  readonly feeMinor: string;
  readonly state: 'RELEASING' | 'RELEASED';
  readonly createdAt: string;
}

/**
 * What other domains ask of escrow. Each operation is backed by a workflow, may be repeated, and answers a business
 * refusal with an operation failure whose type is the error code.
 */
export const giftcardEscrow = nexus.service('GiftcardEscrow', {
  reserveEscrow: nexus.operation<ReserveEscrowInput, Reservation>(),
  postEscrow: nexus.operation<ReservationRef, Reservation>(),
  /** The undo of a reservation, also of one that never arrived. */
  voidEscrow: nexus.operation<ReservationRef, Reservation>(),
  /** Cards that nobody was given go back to the host. */
  releaseEscrow: nexus.operation<ReleaseEscrowInput, EscrowReleaseView>(),
});
export const GIFTCARD_ESCROW_ENDPOINT = 'giftcard-escrow';

export const giftcardCards = nexus.service('GiftcardCards', {
  assignGiftCard: nexus.operation<AssignGiftCardInput, AssignedGiftCard>(),
});
export const GIFTCARD_CARDS_ENDPOINT = 'giftcard-cards';

export const RESERVE_ESCROW = 'reserveEscrow';
export const POST_ESCROW = 'postEscrow';
export const VOID_ESCROW = 'voidEscrow';
export const ASSIGN_GIFT_CARD = 'assignGiftCard';
export const reserveEscrowId = (reservationId: string): string => `giftcard.reserve/${reservationId}`;
export const postEscrowId = (reservationId: string): string => `giftcard.post/${reservationId}`;
export const voidEscrowId = (reservationId: string): string => `giftcard.void/${reservationId}`;
export const RELEASE_ESCROW = 'releaseEscrow';
export const SWEEP_EXPIRED_ESCROW = 'sweepExpiredEscrow';
export const releaseEscrowId = (releaseId: string): string => `giftcard.release/${releaseId}`;
export const assignGiftCardId = (cardId: string, awardId: string): string => `giftcard.assign/${cardId}/${awardId}`;

export interface RedeemGiftCardInput extends Caused {
  readonly redemptionId: string;
  readonly cardId: string;
  readonly merchantId: string;
  /** Absent: all that is left on the card, or all that was authorised. */
  readonly amountMinor: string | null;
  /** What the till believes the card to be in; another currency is refused. */
  readonly currency: string | null;
  readonly cardCurrency: string;
  /** Confirms this authorisation. */
  readonly authorisationId: string | null;
  /** Somebody stands waiting at the till: after this instant the first transaction refuses. */
  readonly expiresAt: string;
  readonly actor: string;
}

export type SettlementState = 'SETTLING' | 'NEEDS_ATTENTION' | 'SETTLED';

export interface RedemptionView {
  readonly redemptionId: string;
  readonly settlementId: string | null;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  readonly remainingMinor: string;
  /** LINED_UP: the merchant's next batch pays it out. */
  readonly state: 'LINED_UP' | SettlementState;
}

/** What of a settlement is to be sent, or looked up, now. */
export interface SettlementStep {
  readonly settlementId: string;
  readonly state: SettlementState;
  readonly caseNumber: number;
  readonly reason: string | null;
  /** Null when nothing is left to pay, or a person has to decide. */
  readonly intent: {
    readonly intentId: string;
    readonly leg: 'merchant' | 'platform';
    readonly amountMinor: string;
    readonly currency: string;
    /** Null: the platform's own account. */
    readonly destinationAccount: string | null;
    readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
    readonly firstSentAt: string;
  } | null;
}

export interface ConfirmedRedemption extends RedemptionView {
  readonly step: SettlementStep | null;
}

export const REDEEM_GIFT_CARD = 'redeemGiftCard';
/** Answered when the redemption is confirmed in the database; settlement goes on by itself. */
export const AWAIT_CONFIRMATION = 'awaitConfirmation';
export const REDEMPTION_STATUS = 'redemptionStatus';
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

export interface SettlementRunInput {
  readonly cadence: 'hourly' | 'daily';
  /** Absent: the hour or the day of now. */
  readonly window?: string;
}

export const RUN_SETTLEMENTS = 'runSettlements';
export const runSettlementsId = (runId: string): string => `giftcard.run-settlements/${runId}`;

/** In one order; more takes another order. */
export const MAX_CARDS_PER_ORDER = 10_000;

export interface IssueGiftCardsInput extends Caused {
  /** Also the id of the escrow reservation and of the wallet's hold. */
  readonly orderId: string;
  readonly hostId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: string;
  readonly count: number;
  readonly activate: boolean;
  readonly actor: string;
}

export interface CardOrderView {
  readonly orderId: string;
  readonly hostId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
  readonly currency: string;
  readonly faceMinor: string;
  readonly count: number;
  readonly issued: number;
  readonly activate: boolean;
  readonly state: 'RESERVING' | 'ISSUING' | 'ISSUED' | 'FAILED';
  readonly failureCode: string | null;
  readonly createdAt: string;
}

export const ISSUE_GIFT_CARDS = 'issueGiftCards';
/** Answered when every card lies in escrow, or with the refusal. */
export const AWAIT_ISSUED = 'awaitIssued';
export const ORDER_STATUS = 'orderStatus';
export const issueGiftCardsId = (orderId: string): string => `giftcard.issue/${orderId}`;

export interface CancelCardOrderInput extends Caused {
  readonly orderId: string;
  /** Of this wish: two of them at once release different cards. */
  readonly cancelId: string;
  readonly actor: string;
}

export const CANCEL_CARD_ORDER = 'cancelCardOrder';
export const cancelCardOrderId = (cancelId: string): string => `giftcard.cancel-order/${cancelId}`;

export interface RetrySettlementInput {
  readonly decisionId: string;
  /** The case that the decision was made on; another one is refused. */
  readonly caseNumber: number;
  readonly actor: string;
  readonly reason: string;
  readonly requestId: string;
}

export const RETRY_SETTLEMENT = 'retrySettlement';
