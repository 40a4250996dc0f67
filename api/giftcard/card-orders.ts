import { Readable } from 'node:stream';
import { z } from 'zod';
import { findCardOrder, listCardOrders, listOrderCards, listOrderCodes } from '../../db/giftcard/card-orders.ts';
import type { GiftCard } from '../../db/giftcard/model.ts';
import { DomainError } from '../../domain/errors.ts';
import type { CardOrderView } from '../../workflows/giftcard/contract.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

const orderId = z.object({ orderId: uuid });
const CODES_PER_READ = 500;

export const cardOrderRoutes = ({ db, codes }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/card-orders',
    summary: 'My orders of cards, newest first',
    auth: 'card.issue',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Orders' } },
    handler: async ({ query, principal }) => ({
      status: 200,
      body: pageOf(
        await listCardOrders(db, { hostId: principal.userId, ...query }),
        query.limit,
        ({ orderId: id }) => id,
      ),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/card-orders/{orderId}',
    summary: 'An order, with how many of its cards are issued',
    auth: 'card.issue',
    params: orderId,
    responses: { 200: { description: 'The order' } },
    handler: async ({ params, principal }) => ({
      status: 200,
      body: await requireOrder(db, params.orderId, principal.userId),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/card-orders/{orderId}/cards',
    summary: 'The cards of my order',
    auth: 'card.issue',
    params: orderId,
    query: z.object(pageQuery),
    responses: { 200: { description: 'Cards, without their codes' } },
    handler: async ({ params, query, principal }) => {
      await requireOrder(db, params.orderId, principal.userId);
      const found = await listOrderCards(db, { orderId: params.orderId, ...query });
      return { status: 200, body: pageOf(found.map(presentCard), query.limit, ({ cardId }) => cardId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/card-orders/{orderId}/codes.csv',
    summary: 'Codes of the activated cards of my order, as CSV',
    auth: 'card.issue',
    params: orderId,
    responses: { 200: { description: 'card_id, code, currency, face_minor, expires_at' } },
    handler: async ({ params, principal }) => {
      await requireOrder(db, params.orderId, principal.userId);
      const body = Readable.from(codesCsv({ db, codes }, params.orderId));
      return { status: 200, body, type: 'text/csv', headers: { 'cache-control': 'no-store' } };
    },
  }),
];

/** @throws DomainError card_order_not_found, also for somebody else's. */
async function requireOrder(db: GiftcardApi['db'], id: string, hostId: string): Promise<CardOrderView> {
  const order = await findCardOrder(db, id);
  if (order?.hostId !== hostId) throw new DomainError('card_order_not_found', 'There is no such order of yours.');
  return order;
}

/** Streamed, so that ten thousand codes take no more memory than five hundred. */
async function* codesCsv({ db, codes }: Pick<GiftcardApi, 'db' | 'codes'>, id: string): AsyncGenerator<string> {
  yield 'card_id,code,currency,face_minor,expires_at\n';
  for (let after: string | undefined; ;) {
    const cards = await listOrderCodes(db, { orderId: id, after, limit: CODES_PER_READ });
    for (const card of cards) {
      const code = codes.reveal(card.id, card.code_sealed);
      yield `${card.id},${code},${card.currency},${card.face_minor},${card.expires_at.toISOString()}\n`;
    }
    after = cards.at(-1)?.id;
    if (cards.length < CODES_PER_READ) return;
  }
}

const presentCard = (card: GiftCard) => ({
  cardId: card.id,
  faceMinor: card.face_minor.toString(),
  remainingMinor: card.remaining_minor.toString(),
  assigneeId: card.assignee_id,
  expiresAt: card.expires_at?.toISOString() ?? null,
});
