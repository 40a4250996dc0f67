import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import type { GiftCard } from './model.ts';
import type { CardOrder } from './issue-gift-cards.ts';

export async function findCardOrder(db: Db, orderId: string): Promise<CardOrder | undefined> {
  const row = await db('card_orders')
    .where({ id: orderId })
    .first<{ answer: CardOrder }>(db.raw('order_answer(card_orders) as answer'));
  return row?.answer;
}

/** A host's orders, newest first. */
export async function listCardOrders(db: Db, { hostId, ...page }: Page & { hostId: string }): Promise<CardOrder[]> {
  const query = db('card_orders')
    .where({ host_id: hostId })
    .select<{ answer: CardOrder }[]>(db.raw('order_answer(card_orders) as answer'));
  newestFirst(query, 'card_orders', page);
  return (await query).map(({ answer }) => answer);
}

/** The cards of an order that are in escrow, newest first. */
export async function listOrderCards(db: Db, { orderId, ...page }: Page & { orderId: string }): Promise<GiftCard[]> {
  const query = db('gift_cards').where({ reservation_id: orderId, state: 'ISSUED' }).select<GiftCard[]>('*');
  newestFirst(query, 'gift_cards', page);
  return query;
}

export interface SealedCode {
  readonly id: string;
  readonly currency: string;
  readonly face_minor: bigint;
  readonly expires_at: Date;
  readonly code_sealed: Buffer;
}

/** Activated cards of an order, in the order of their ids, after the given one. */
export const listOrderCodes = (
  db: Db,
  { orderId, after, limit }: { orderId: string; after: string | undefined; limit: number },
): Promise<SealedCode[]> => {
  const query = db('gift_cards')
    .where({ reservation_id: orderId })
    .whereNotNull('code_sealed')
    .orderBy('id')
    .limit(limit);
  if (after !== undefined) void query.where('id', '>', after);
  return query.select<SealedCode[]>('id', 'currency', 'face_minor', 'expires_at', 'code_sealed');
};
