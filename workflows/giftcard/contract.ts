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
    /** It is meant to top up a phone. */
    readonly airtime?: boolean;
  }[];
  /** The cards follow by `reserveCards`: there are too many for one piece. */
  readonly inPieces?: boolean;
}

export interface ReserveCardsInput extends Caused {
  readonly reservationId: string;
  readonly pieceId: string;
  /** Each with its part of the reservation's funding fee. */
  readonly cards: readonly (ReserveEscrowInput['cards'][number] & { readonly fundingFeeMinor: string })[];
  /** No card follows: all of them have to add up to the reservation. */
  readonly last: boolean;
}

export interface ReservationRef extends Caused {
  readonly reservationId: string;
}

export interface Reservation {
  readonly reservationId: string;
  readonly state: 'RESERVING' | 'RESERVED' | 'VOIDED';
  /** Who owns the merchants of the cards, and so cannot win them; told when the cards are reserved. */
  readonly merchantOwnerIds?: readonly string[];
}

export interface AssignGiftCardInput extends Caused {
  readonly cardId: string;
  readonly awardId: string;
  readonly assigneeId: string;
  /** The award that an unspent card moves from: it gets a new code, and its validity starts anew. */
  readonly formerAwardId?: string;
}

export interface AssignedGiftCard {
  readonly cardId: string;
  readonly expiresAt: string;
}

export interface AssignGiftCardsInput extends Caused {
  readonly batchId: string;
  readonly cards: readonly { readonly cardId: string; readonly awardId: string; readonly assigneeId: string }[];
}

export interface AssignedGiftCards {
  readonly answers: readonly { readonly awardId: string; readonly refusal: string | null }[];
}

/** People who are erased. */
export interface ForgetHoldersInput extends Caused {
  readonly forgetId: string;
  /** At most 100. */
  readonly userIds: readonly string[];
}

export interface ForgottenHolders {
  /** Not who has a top-up under way. */
  readonly forgotten: readonly string[];
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

export interface HostFreezeInput extends Caused {
  /** What it is about, e.g. the disputed charge: one freeze each. */
  readonly freezeId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly reason: string;
}

export interface FrozenEscrow {
  readonly freezeId: string;
  /** Cards that nobody had been given yet, and what was on them. */
  readonly cards: number;
  readonly amountMinor: string;
}

export const FREEZE_HOST_ESCROW = 'freezeHostEscrow';
export const LIFT_HOST_FREEZE = 'liftHostFreeze';
export const freezeHostEscrowId = (freezeId: string): string => `giftcard.freeze-host/${freezeId}`;
export const liftHostFreezeId = (freezeId: string): string => `giftcard.lift-host/${freezeId}`;

/**
 * What other domains ask of escrow. Each operation is backed by a workflow, may be repeated, and answers a business
 * refusal with an operation failure whose type is the error code.
 */
export const giftcardEscrow = nexus.service('GiftcardEscrow', {
  reserveEscrow: nexus.operation<ReserveEscrowInput, Reservation>(),
  /** More cards of a reservation that was made `inPieces`. */
  reserveCards: nexus.operation<ReserveCardsInput, Reservation>(),
  postEscrow: nexus.operation<ReservationRef, Reservation>(),
  /** The undo of a reservation, also of one that never arrived. */
  voidEscrow: nexus.operation<ReservationRef, Reservation>(),
  /** Cards that nobody was given go back to the host. */
  releaseEscrow: nexus.operation<ReleaseEscrowInput, EscrowReleaseView>(),
  /** No card of the host can be assigned until it is lifted; delivered ones are honoured. */
  freezeHostEscrow: nexus.operation<HostFreezeInput, FrozenEscrow>(),
  /** Also of a freeze that never arrived. */
  liftHostFreeze: nexus.operation<HostFreezeInput, void>(),
});
export const GIFTCARD_ESCROW_ENDPOINT = 'giftcard-escrow';

export const giftcardCards = nexus.service('GiftcardCards', {
  assignGiftCard: nexus.operation<AssignGiftCardInput, AssignedGiftCard>(),
  /** Many at once; what is refused for one card holds up no other. */
  assignGiftCards: nexus.operation<AssignGiftCardsInput, AssignedGiftCards>(),
  /** What is kept of people besides their cards: numbers of phones. */
  forgetHolders: nexus.operation<ForgetHoldersInput, ForgottenHolders>(),
});
export const GIFTCARD_CARDS_ENDPOINT = 'giftcard-cards';

export const RESERVE_ESCROW = 'reserveEscrow';
export const RESERVE_CARDS = 'reserveCards';
export const reserveCardsId = (reservationId: string, pieceId: string): string =>
  `giftcard.reserve-cards/${reservationId}/${pieceId}`;
export const POST_ESCROW = 'postEscrow';
export const VOID_ESCROW = 'voidEscrow';
export const ASSIGN_GIFT_CARD = 'assignGiftCard';
export const ASSIGN_GIFT_CARDS = 'assignGiftCards';
export const assignGiftCardsId = (batchId: string): string => `giftcard.assign-batch/${batchId}`;
export const FORGET_HOLDERS = 'forgetHolders';
export const forgetHoldersId = (forgetId: string): string => `giftcard.forget/${forgetId}`;
export const reserveEscrowId = (reservationId: string): string => `giftcard.reserve/${reservationId}`;
export const postEscrowId = (reservationId: string): string => `giftcard.post/${reservationId}`;
export const voidEscrowId = (reservationId: string): string => `giftcard.void/${reservationId}`;
export const RELEASE_ESCROW = 'releaseEscrow';
export const SWEEP_EXPIRED_ESCROW = 'sweepExpiredEscrow';
export const releaseEscrowId = (releaseId: string): string => `giftcard.release/${releaseId}`;
export const assignGiftCardId = (cardId: string, awardId: string): string => `giftcard.assign/${cardId}/${awardId}`;

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
