import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import {
  merchantOwners,
  postEscrow,
  reserveCards,
  reserveEscrow,
  voidEscrow,
} from '../../db/giftcard/reserve-escrow.ts';
import { parseMinor } from '../../domain/money.ts';
import type {
  Reservation,
  ReservationRef,
  ReserveCardsInput,
  ReserveEscrowInput,
} from '../../workflows/giftcard/contract.ts';

const causeOf = ({ requestId }: { requestId: string }, reservationId: string) => ({
  actor: `workflow:publish/${reservationId}`,
  requestId,
});

const ownersOf = (db: Database, cards: readonly { readonly merchantId: string }[]): Promise<string[]> =>
  merchantOwners(db, [...new Set(cards.map(({ merchantId }) => merchantId))]);

export const reserveEscrowActivities = (db: Database) => ({
  reserveEscrow: async (input: ReserveEscrowInput): Promise<Reservation> => {
    const reservation = await reserveEscrow(
      db,
      {
        ...input,
        grossMinor: parseMinor(input.grossMinor),
        fundingFeeMinor: parseMinor(input.fundingFeeMinor),
        cards: input.cards.map((card) => ({ ...card, faceMinor: parseMinor(card.faceMinor) })),
      },
      causeOf(input, input.reservationId),
    );
    return { ...reservation, merchantOwnerIds: await ownersOf(db, input.cards) };
  },

  reserveCards: async ({ reservationId, last, requestId, ...input }: ReserveCardsInput): Promise<Reservation> => {
    const cards = input.cards.map((card) => ({
      ...card,
      faceMinor: parseMinor(card.faceMinor),
      fundingFeeMinor: parseMinor(card.fundingFeeMinor),
    }));
    const reservation = await reserveCards(db, { reservationId, cards, last }, causeOf({ requestId }, reservationId));
    return { ...reservation, merchantOwnerIds: await ownersOf(db, cards) };
  },

  postEscrow: (input: ReservationRef): Promise<Reservation> =>
    postEscrow(db, input.reservationId, causeOf(input, input.reservationId), heartbeat),
  voidEscrow: (input: ReservationRef): Promise<Reservation> =>
    voidEscrow(db, input.reservationId, causeOf(input, input.reservationId), heartbeat),
});
