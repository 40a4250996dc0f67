import type { Database } from '../../db/connect.ts';
import { merchantOwners, postEscrow, reserveEscrow, voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { parseMinor } from '../../domain/money.ts';
import type { Reservation, ReservationRef, ReserveEscrowInput } from '../../workflows/giftcard/contract.ts';

const causeOf = ({ requestId }: { requestId: string }, reservationId: string) => ({
  actor: `workflow:publish/${reservationId}`,
  requestId,
});

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
    return {
      ...reservation,
      merchantOwnerIds: await merchantOwners(
        db,
        input.cards.map(({ merchantId }) => merchantId),
      ),
    };
  },
  postEscrow: (input: ReservationRef): Promise<Reservation> =>
    postEscrow(db, input.reservationId, causeOf(input, input.reservationId)),
  voidEscrow: (input: ReservationRef): Promise<Reservation> =>
    voidEscrow(db, input.reservationId, causeOf(input, input.reservationId)),
});
