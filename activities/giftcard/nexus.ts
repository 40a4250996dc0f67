import * as nexus from 'nexus-rpc';
import {
  ASSIGN_GIFT_CARD,
  ASSIGN_GIFT_CARDS,
  assignGiftCardsId,
  FORGET_HOLDERS,
  forgetHoldersId,
  FREEZE_HOST_ESCROW,
  freezeHostEscrowId,
  LIFT_HOST_FREEZE,
  liftHostFreezeId,
  assignGiftCardId,
  giftcardCards,
  giftcardEscrow,
  POST_ESCROW,
  RESERVE_CARDS,
  reserveCardsId,
  RELEASE_ESCROW,
  releaseEscrowId,
  postEscrowId,
  RESERVE_ESCROW,
  reserveEscrowId,
  VOID_ESCROW,
  voidEscrowId,
  type AssignedGiftCard,
  type AssignedGiftCards,
  type AssignGiftCardInput,
  type AssignGiftCardsInput,
  type EscrowReleaseView,
  type ForgetHoldersInput,
  type ForgottenHolders,
  type FrozenEscrow,
  type HostFreezeInput,
  type ReleaseEscrowInput,
  type Reservation,
  type ReservationRef,
  type ReserveCardsInput,
  type ReserveEscrowInput,
} from '../../workflows/giftcard/contract.ts';
import { backedBy } from '../backed-operation.ts';

const onReservation = (workflowType: string, workflowId: (id: string) => string, verb: string) =>
  backedBy<ReservationRef, Reservation>({
    workflowType,
    workflowId: ({ reservationId }) => workflowId(reservationId),
    summary: ({ reservationId }) => `${verb} escrow of reservation ${reservationId}`,
  });

export const giftcardNexusServices = [
  nexus.serviceHandler(giftcardEscrow, {
    reserveEscrow: backedBy<ReserveEscrowInput, Reservation>({
      workflowType: RESERVE_ESCROW,
      workflowId: ({ reservationId }) => reserveEscrowId(reservationId),
      summary: ({ cards, reservationId }) => `Reserve escrow of ${cards.length} cards, reservation ${reservationId}`,
      searchAttributes: ({ giveawayId }) => (giveawayId === null ? {} : { GiveawayId: giveawayId }),
    }),
    reserveCards: backedBy<ReserveCardsInput, Reservation>({
      workflowType: RESERVE_CARDS,
      workflowId: ({ reservationId, pieceId }) => reserveCardsId(reservationId, pieceId),
      summary: ({ cards, reservationId }) => `Reserve ${cards.length} cards more, reservation ${reservationId}`,
    }),
    postEscrow: onReservation(POST_ESCROW, postEscrowId, 'Post'),
    voidEscrow: onReservation(VOID_ESCROW, voidEscrowId, 'Void'),
    releaseEscrow: backedBy<ReleaseEscrowInput, EscrowReleaseView>({
      workflowType: RELEASE_ESCROW,
      workflowId: ({ releaseId }) => releaseEscrowId(releaseId),
      summary: ({ releaseId, order }) => `Release ${releaseId} of ${order?.cardIds.length ?? 0} cards`,
    }),
    freezeHostEscrow: backedBy<HostFreezeInput, FrozenEscrow>({
      workflowType: FREEZE_HOST_ESCROW,
      workflowId: ({ freezeId }) => freezeHostEscrowId(freezeId),
      summary: ({ hostId, currency }) => `Freeze unassigned cards of host ${hostId} in ${currency}`,
    }),
    liftHostFreeze: backedBy<HostFreezeInput, void>({
      workflowType: LIFT_HOST_FREEZE,
      workflowId: ({ freezeId }) => liftHostFreezeId(freezeId),
      summary: ({ hostId, currency }) => `Unfreeze unassigned cards of host ${hostId} in ${currency}`,
    }),
  }),
  nexus.serviceHandler(giftcardCards, {
    assignGiftCard: backedBy<AssignGiftCardInput, AssignedGiftCard>({
      workflowType: ASSIGN_GIFT_CARD,
      workflowId: ({ cardId, awardId }) => assignGiftCardId(cardId, awardId),
      summary: ({ cardId, awardId }) => `Assign card ${cardId} for award ${awardId}`,
      searchAttributes: ({ cardId }) => ({ CardId: cardId }),
    }),
    assignGiftCards: backedBy<AssignGiftCardsInput, AssignedGiftCards>({
      workflowType: ASSIGN_GIFT_CARDS,
      workflowId: ({ batchId }) => assignGiftCardsId(batchId),
      summary: ({ cards, batchId }) => `Assign ${cards.length} cards, batch ${batchId}`,
    }),
    forgetHolders: backedBy<ForgetHoldersInput, ForgottenHolders>({
      workflowType: FORGET_HOLDERS,
      workflowId: ({ forgetId }) => forgetHoldersId(forgetId),
      summary: ({ userIds }) => `Forget ${userIds.length} people who are erased`,
    }),
  }),
];
