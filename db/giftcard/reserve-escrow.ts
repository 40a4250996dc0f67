import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface ReserveEscrow {
  /** Also the id of the publish, or of the order of cards, and of the wallet's hold on the other book. */
  readonly reservationId: string;
  readonly giveawayId: string | null;
  readonly hostId: string;
  readonly currency: string;
  readonly grossMinor: bigint;
  readonly fundingFeeMinor: bigint;
  readonly cards: readonly {
    readonly cardId: string;
    readonly merchantId: string;
    readonly catalogueItemId: string;
    readonly faceMinor: bigint;
    /** It is meant to top up a phone. */
    readonly airtime?: boolean;
  }[];
  /** The cards, or more of them, follow by `reserveCards`. */
  readonly inPieces?: boolean | undefined;
}

export interface ReserveCards {
  readonly reservationId: string;
  readonly cards: readonly (ReserveEscrow['cards'][number] & {
    /** This card's part of the reservation's funding fee. */
    readonly fundingFeeMinor: bigint;
  })[];
  /** No card follows: all faces and fees have to add up now. */
  readonly last: boolean;
}

export interface Reservation {
  readonly reservationId: string;
  readonly state: 'RESERVING' | 'RESERVED' | 'VOIDED';
}

/** Cards that are opened, or voided, in one transaction. */
const BATCH = 500;

/**
 * Reserves the escrow of cards, as pending, under the rates of now, in one round trip. The net cash comes over in one
 * clearing transfer that has the same id on the giver's book. Refused, it leaves no row.
 * @throws DomainError escrow_reservation_voided (undone before), escrow_reservation_conflict (same id, other inputs),
 *   catalogue_item_not_found, catalogue_item_expired, catalogue_currency_mismatch, catalogue_amount_not_offered,
 *   settlement_leaves_nothing.
 */
export const reserveEscrow = (db: Db, input: ReserveEscrow, cause: Cause): Promise<Reservation> =>
  callCommand<Reservation>(db, 'reserve_escrow', { ...input, ...cause });

/**
 * The next cards of a reservation that was made `inPieces`, in one round trip; safe to repeat.
 * @throws DomainError escrow_not_found, escrow_reservation_voided (undone before), escrow_reservation_conflict (the cards do
 *   not add up), catalogue_item_not_found, catalogue_item_expired, catalogue_currency_mismatch,
 *   catalogue_amount_not_offered, settlement_leaves_nothing.
 */
export const reserveCards = (db: Db, input: ReserveCards, cause: Cause): Promise<Reservation> =>
  callCommand<Reservation>(db, 'reserve_cards', { ...input, ...cause });

/** Who owns the merchants of these cards: they cannot win them. */
export const merchantOwners = async (db: Db, merchantIds: readonly string[]): Promise<string[]> =>
  (
    await db('merchants')
      .whereIn('id', [...merchantIds])
      .distinct<{ owner_id: string }[]>('owner_id')
  )
    .map((row) => row.owner_id)
    .toSorted();

/**
 * RESERVING → RESERVED, after the giver has posted, and its cards are opened: only forward, so it is repeated until it holds.
 * @param onBatch called after each batch of cards.
 */
export const postEscrow = (
  db: Db,
  reservationId: string,
  cause: Cause,
  onBatch: () => void = () => {},
): Promise<Reservation> => inBatches(db, 'post_escrow', { reservationId, ...cause }, onBatch);

/**
 * The undo of a reservation, also of one that never arrived: a late reserve under this id is refused.
 * @param onBatch called after each batch of cards.
 */
export const voidEscrow = (
  db: Db,
  reservationId: string,
  cause: Cause,
  onBatch: () => void = () => {},
): Promise<Reservation> => inBatches(db, 'void_escrow', { reservationId, ...cause }, onBatch);

async function inBatches(
  db: Db,
  command: string,
  input: Record<string, unknown>,
  onBatch: () => void,
): Promise<Reservation> {
  for (;;) {
    const answer = await callCommand<Reservation & { cardsLeft: number }>(db, command, { ...input, batch: BATCH });
    const { cardsLeft, ...reservation } = answer;
    if (cardsLeft === 0) return reservation;
    onBatch();
  }
}
