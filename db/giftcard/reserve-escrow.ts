import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { applyTransfers } from '../ledger/apply-transfers.ts';
import { resolution, transferId, type Transfer } from '../ledger/transfer.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { priceCards, type PricedCard, type ReserveEscrow } from './price-cards.ts';
import { escrowAccount, fundingFeeAccount, giveawayClearing } from './accounts.ts';

export interface Reservation {
  readonly reservationId: string;
  readonly state: 'RESERVING' | 'RESERVED' | 'VOIDED';
}

/**
 * Reserves the escrow of every card, as pending, under the rates of now. The net cash comes over in one clearing
 * transfer that has the same id on the giver's book. Refused, it leaves no row.
 * @throws DomainError escrow_reservation_voided (undone before), escrow_reservation_conflict (same id, other inputs),
 *   catalogue_item_not_found, catalogue_currency_mismatch, catalogue_amount_not_offered, settlement_leaves_nothing.
 */
export const reserveEscrow = (db: Database, input: ReserveEscrow, cause: Cause): Promise<Reservation> =>
  db.transaction(async (trx) => {
    const inserted = await trx('escrow_reservations')
      .insert({
        id: input.reservationId,
        giveaway_id: input.giveawayId,
        host_id: input.hostId,
        currency: input.currency,
        gross_minor: input.grossMinor,
        fee_minor: input.fundingFeeMinor,
        state: 'RESERVING',
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length === 0) return repeated(trx, input);
    const cards = await priceCards(trx, input);
    await trx('gift_cards').insert(cards.map((card) => cardRow(input, card)));
    await applyTransfers(trx, reserveTransfers(input, cards));
    await appendReservationEvent(trx, input.reservationId, 'giftcard.reservation.reserving', cause, {
      giveawayId: input.giveawayId,
      grossMinor: input.grossMinor.toString(),
      feeMinor: input.fundingFeeMinor.toString(),
      currency: input.currency,
    });
    return { reservationId: input.reservationId, state: 'RESERVING' };
  });

/** RESERVING → RESERVED, after the giver has posted: only forward, so it is repeated until it holds. */
export const postEscrow = (db: Database, reservationId: string, cause: Cause): Promise<Reservation> =>
  db.transaction(async (trx) => {
    const reservation = await lockReservation(trx, reservationId);
    if (!reservation) throw new DomainError('escrow_not_found', 'There is no such reservation.', { reservationId });
    if (reservation.state === 'RESERVED') return { reservationId, state: 'RESERVED' };
    if (reservation.state === 'VOIDED') throw voided(reservationId);
    const cards = await readCards(trx, reservationId);
    await applyTransfers(trx, [
      ...resolutions('post', reservationId, cards),
      ...cards.map((card): Transfer => ({
        id: transferId('publish', reservationId, 'split', card.id),
        kind: 'posted',
        debit: escrowAccount(reservationId, card.currency),
        credit: escrowAccount(card.id, card.currency),
        amountMinor: card.face_minor - card.funding_fee_minor,
        code: 'publish.escrow.split',
        referenceId: card.id,
      })),
    ]);
    await moveReservation(trx, reservationId, 'RESERVED', cause);
    return { reservationId, state: 'RESERVED' };
  });

/**
 * The undo of a reservation. Where there was none it leaves a VOIDED row, and the ledger's tombstone, so that a late
 * reserve under this id is refused.
 */
export const voidEscrow = (db: Database, reservationId: string, cause: Cause): Promise<Reservation> =>
  db.transaction(async (trx) => {
    const tombstone = await trx('escrow_reservations')
      .insert({ id: reservationId, state: 'VOIDED' })
      .onConflict('id')
      .ignore()
      .returning('id');
    const reservation = await lockReservation(trx, reservationId);
    if (tombstone.length === 0 && reservation?.state === 'VOIDED') return { reservationId, state: 'VOIDED' };
    if (reservation?.state === 'RESERVED')
      throw new Error(`Reservation ${reservationId} is posted and cannot be voided`);
    if (tombstone.length > 0) {
      await applyTransfers(trx, [resolution('void', clearingId(reservationId), 'publish.void', reservationId)]);
      await appendReservationEvent(trx, reservationId, 'giftcard.reservation.voided', cause);
      return { reservationId, state: 'VOIDED' };
    }
    await applyTransfers(trx, resolutions('void', reservationId, await readCards(trx, reservationId)));
    await moveReservation(trx, reservationId, 'VOIDED', cause);
    return { reservationId, state: 'VOIDED' };
  });

const clearingId = (reservationId: string): string => transferId('publish', reservationId, 'clearing');
const cardFeeId = (reservationId: string, cardId: string): string =>
  transferId('publish', reservationId, 'card-fee', cardId);

const reserveTransfers = (input: ReserveEscrow, cards: readonly PricedCard[]): Transfer[] => [
  {
    id: clearingId(input.reservationId),
    kind: 'pending',
    debit: giveawayClearing(input.currency),
    credit: escrowAccount(input.reservationId, input.currency),
    amountMinor: input.grossMinor - input.fundingFeeMinor,
    code: 'publish.reserve',
    referenceId: input.reservationId,
  },
  ...cards.map((card): Transfer => ({
    id: cardFeeId(input.reservationId, card.cardId),
    kind: 'pending',
    debit: fundingFeeAccount(card.cardId, input.currency),
    credit: escrowAccount(card.cardId, input.currency),
    amountMinor: card.fundingFeeMinor,
    code: 'publish.reserve.fee',
    referenceId: card.cardId,
  })),
];

interface CardRow {
  readonly id: string;
  readonly currency: string;
  readonly face_minor: bigint;
  readonly funding_fee_minor: bigint;
}

function resolutions(kind: 'post' | 'void', reservationId: string, cards: readonly CardRow[]): Transfer[] {
  const net = cards.reduce((sum, card) => sum + card.face_minor - card.funding_fee_minor, 0n);
  const pending = [
    ...(net > 0n ? [clearingId(reservationId)] : []),
    ...cards.filter((card) => card.funding_fee_minor > 0n).map((card) => cardFeeId(reservationId, card.id)),
  ];
  return pending.map((id) => resolution(kind, id, `publish.${kind}`, reservationId));
}

async function repeated(trx: Db, input: ReserveEscrow): Promise<Reservation> {
  const reservation = await lockReservation(trx, input.reservationId);
  if (!reservation) throw new Error(`Reservation ${input.reservationId} has vanished`);
  if (reservation.state === 'VOIDED') throw voided(input.reservationId);
  const cards = await readCards(trx, input.reservationId);
  const same =
    reservation.gross_minor === input.grossMinor &&
    reservation.fee_minor === input.fundingFeeMinor &&
    reservation.currency === input.currency &&
    cards.length === input.cards.length &&
    input.cards.every(({ cardId, faceMinor }) =>
      cards.some((card) => card.id === cardId && card.face_minor === faceMinor),
    );
  if (!same) {
    throw new DomainError('escrow_reservation_conflict', 'This reservation stands with other inputs.', {
      reservationId: input.reservationId,
    });
  }
  return { reservationId: input.reservationId, state: reservation.state };
}

const voided = (reservationId: string): DomainError =>
  new DomainError('escrow_reservation_voided', 'This reservation was undone.', { reservationId });

const cardRow = (input: ReserveEscrow, card: PricedCard) => ({
  id: card.cardId,
  reservation_id: input.reservationId,
  giveaway_id: input.giveawayId,
  host_id: input.hostId,
  merchant_id: card.merchantId,
  catalogue_item_id: card.catalogueItemId,
  currency: input.currency,
  face_minor: card.faceMinor,
  funding_fee_minor: card.fundingFeeMinor,
  rate_version: card.rateVersion,
});

interface ReservationRow {
  readonly state: Reservation['state'];
  readonly gross_minor: bigint | null;
  readonly fee_minor: bigint | null;
  readonly currency: string | null;
}

const lockReservation = (trx: Db, id: string): Promise<ReservationRow | undefined> =>
  trx('escrow_reservations').where({ id }).forUpdate().first<ReservationRow>();

const readCards = (trx: Db, reservationId: string): Promise<CardRow[]> =>
  trx('gift_cards')
    .where({ reservation_id: reservationId })
    .orderBy('id')
    .forUpdate()
    .select<CardRow[]>('id', 'currency', 'face_minor', 'funding_fee_minor');

async function moveReservation(trx: Db, id: string, to: 'RESERVED' | 'VOIDED', cause: Cause): Promise<void> {
  await trx('escrow_reservations').where({ id }).update({ state: to, updated_at: trx.fn.now() });
  const cardState = to === 'RESERVED' ? 'RESERVED' : 'RELEASED';
  await trx('gift_cards').where({ reservation_id: id }).update({ state: cardState, updated_at: trx.fn.now() });
  await appendReservationEvent(trx, id, `giftcard.reservation.${to.toLowerCase()}`, cause);
}

const appendReservationEvent = (
  trx: Db,
  id: string,
  type: string,
  cause: Cause,
  payload: Record<string, unknown> = {},
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'reservation',
    aggregateId: id,
    type,
    payload,
    actor: cause.actor,
    correlationId: cause.requestId,
  });
