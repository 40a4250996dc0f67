import { startWorkflow, WorkflowRunOperationHandler } from '@temporalio/nexus';
import * as nexus from 'nexus-rpc';
import { keywords, type Keywords } from '../../temporal-config/search-attributes.ts';
import {
  ASSIGN_GIFT_CARD,
  assignGiftCardId,
  giftcardCards,
  giftcardEscrow,
  POST_ESCROW,
  postEscrowId,
  RESERVE_ESCROW,
  reserveEscrowId,
  VOID_ESCROW,
  voidEscrowId,
  type AssignedGiftCard,
  type AssignGiftCardInput,
  type Reservation,
  type ReservationRef,
  type ReserveEscrowInput,
} from '../../workflows/giftcard/contract.ts';

interface Backing<I> {
  readonly workflowType: string;
  readonly workflowId: (input: I) => string;
  readonly summary: (input: I) => string;
  readonly searchAttributes: (input: I) => Keywords;
}

/**
 * An operation that is a workflow: a repeat joins the one that runs, and one that ended runs again, where the database
 * returns the first result. (With another policy a second caller would fail, and its saga would undo the first one's.)
 */
function backedBy<I extends { readonly requestId: string }, O>(backing: Backing<I>): WorkflowRunOperationHandler<I, O> {
  return new WorkflowRunOperationHandler<I, O>((context, input) => {
    if (!isUuidLike(backing.workflowId(input))) {
      throw new nexus.HandlerError('BAD_REQUEST', `${backing.workflowType}: an id is missing or malformed`);
    }
    return startWorkflow(context, backing.workflowType, {
      workflowId: backing.workflowId(input),
      args: [input],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: backing.summary(input),
      memo: { requestId: input.requestId },
      typedSearchAttributes: keywords({ RequestId: input.requestId, ...backing.searchAttributes(input) }),
    });
  });
}

const isUuidLike = (workflowId: string): boolean =>
  workflowId
    .split('/')
    .slice(1)
    .every((id) => /^[0-9a-f-]{36}$/.test(id));

const onReservation = (workflowType: string, workflowId: (id: string) => string, verb: string) =>
  backedBy<ReservationRef, Reservation>({
    workflowType,
    workflowId: ({ reservationId }) => workflowId(reservationId),
    summary: ({ reservationId }) => `${verb} escrow of reservation ${reservationId}`,
    searchAttributes: () => ({}),
  });

export const giftcardNexusServices = [
  nexus.serviceHandler(giftcardEscrow, {
    reserveEscrow: backedBy<ReserveEscrowInput, Reservation>({
      workflowType: RESERVE_ESCROW,
      workflowId: ({ reservationId }) => reserveEscrowId(reservationId),
      summary: ({ cards, reservationId }) => `Reserve escrow of ${cards.length} cards, reservation ${reservationId}`,
      searchAttributes: ({ giveawayId }) => (giveawayId === null ? {} : { GiveawayId: giveawayId }),
    }),
    postEscrow: onReservation(POST_ESCROW, postEscrowId, 'Post'),
    voidEscrow: onReservation(VOID_ESCROW, voidEscrowId, 'Void'),
  }),
  nexus.serviceHandler(giftcardCards, {
    assignGiftCard: backedBy<AssignGiftCardInput, AssignedGiftCard>({
      workflowType: ASSIGN_GIFT_CARD,
      workflowId: ({ cardId, awardId }) => assignGiftCardId(cardId, awardId),
      summary: ({ cardId, awardId }) => `Assign card ${cardId} for award ${awardId}`,
      searchAttributes: ({ cardId }) => ({ CardId: cardId }),
    }),
  }),
];
