import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';

export interface PlaceCardOrder {
  readonly orderId: string;
  readonly hostId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: bigint;
  readonly count: number;
  /** The cards get their codes when they are issued, and their validity begins. */
  readonly activate: boolean;
  readonly workflowId: string;
}

export interface CardOrder {
  readonly orderId: string;
  readonly hostId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
  readonly currency: string;
  readonly faceMinor: string;
  readonly count: number;
  /** How many of them are in escrow. */
  readonly issued: number;
  readonly activate: boolean;
  readonly state: 'RESERVING' | 'ISSUING' | 'ISSUED' | 'FAILED';
  readonly failureCode: string | null;
  readonly createdAt: string;
}

interface OrderRef {
  readonly orderId: string;
}

/**
 * The order, and the rate of its cards. Refused, it leaves no row.
 * @throws DomainError catalogue_item_not_found, catalogue_item_is_airtime, catalogue_item_expired, catalogue_amount_not_offered.
 */
export const placeCardOrder = (db: Db, input: PlaceCardOrder, cause: Cause): Promise<CardOrder> =>
  callCommand<CardOrder>(db, 'place_card_order', { ...input, ...cause });

/** The escrow of all cards as pending, in two transfers. @throws DomainError escrow_reservation_voided. */
export const reserveCardOrder = (
  db: Db,
  input: OrderRef & { fundingFeeMinor: bigint },
  cause: Cause,
): Promise<CardOrder> => callCommand<CardOrder>(db, 'reserve_card_order', { ...input, ...cause });

/** @returns where the next batch begins. @throws DomainError settlement_leaves_nothing, escrow_reservation_voided. */
export const insertOrderCards = (
  db: Db,
  input: OrderRef & { from: number; batch: number },
  cause: Cause,
): Promise<{ next: number | null }> => callCommand(db, 'insert_order_cards', { ...input, ...cause });

/** After the pivot: the next cards of the order are opened. @returns how many are left. */
export const openOrderCards = (db: Db, input: OrderRef & { batch: number }, cause: Cause): Promise<{ left: number }> =>
  callCommand(db, 'open_order_cards', { ...input, ...cause });

export interface NewCode {
  readonly id: string;
  readonly hash: Uint8Array;
  readonly sealed: Uint8Array;
}

/** Gives cards of the order that have none their codes. */
export async function activateOrderCards(
  db: Db,
  { orderId, codes }: OrderRef & { codes: readonly NewCode[] },
  cause: Cause,
): Promise<void> {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  const rows = codes.map(({ id, hash, sealed }) => ({ id, hash: hex(hash), sealed: hex(sealed) }));
  await callCommand(db, 'activate_order_cards', { orderId, codes: rows, ...cause });
}

/** Ids of issued cards of the order that have no code, in order. */
export const cardsWithoutCode = (db: Db, orderId: string, limit: number): Promise<string[]> =>
  db('gift_cards')
    .where({ reservation_id: orderId, state: 'ISSUED' })
    .whereNull('assigned_at')
    .where('remaining_minor', '>', 0)
    .orderBy('id')
    .limit(limit)
    .pluck<string[]>('id');

export const completeCardOrder = (db: Db, input: OrderRef, cause: Cause): Promise<CardOrder> =>
  callCommand<CardOrder>(db, 'complete_card_order', { ...input, ...cause });

export const failCardOrder = (db: Db, input: OrderRef & { failureCode: string }, cause: Cause): Promise<CardOrder> =>
  callCommand<CardOrder>(db, 'fail_card_order', { ...input, ...cause });
