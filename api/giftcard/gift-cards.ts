import { z } from 'zod';
import { cardHistory } from '../../db/giftcard/card-history.ts';
import { cardState, findCard, isMerchantOwner } from '../../db/giftcard/queries.ts';
import type { GiftCard } from '../../db/giftcard/model.ts';
import { cardAfter, type CardAt } from '../../domain/card-history.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const cardId = z.object({ cardId: uuid });

export const giftCardRoutes = ({ db, codes }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/gift-cards/{cardId}',
    summary: 'A card: its holder, merchant and host, and finance, may see it',
    auth: 'card.read',
    params: cardId,
    responses: { 200: { description: 'The card, without its code' } },
    handler: async ({ params, principal }) => {
      const card = await requireVisibleCard(db, params.cardId, principal);
      return { status: 200, body: present(card, await cardState(db, card)) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/gift-cards/{cardId}/history',
    summary: 'Everything that happened to a card, and what it was at a time',
    auth: 'card.read',
    params: cardId,
    query: z.object({ at: z.iso.datetime({ offset: true }).optional() }),
    responses: { 200: { description: 'Events in order, and the card after the last of them' } },
    handler: async ({ params, query, principal }) => {
      await requireVisibleCard(db, params.cardId, principal);
      const events = await cardHistory(db, params.cardId, query.at);
      return { status: 200, body: { data: events, card: presentPast(cardAfter(events)) } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/reveal-code',
    summary: 'The code of a card that was assigned to me',
    auth: 'card.reveal',
    params: cardId,
    responses: { 200: { description: 'The code; it is never stored with the answer' } },
    handler: async ({ params, principal }) => {
      const card = await findCard(db, params.cardId);
      if (!card) throw new DomainError('card_not_found', 'There is no such card.');
      if (card.assignee_id !== principal.userId || !card.code_sealed)
        throw new DomainError('card_not_yours', 'The card is not yours.');
      const body = { ...present(card, await cardState(db, card)), code: codes.reveal(card.id, card.code_sealed) };
      return { status: 200, body, headers: { 'cache-control': 'no-store' } };
    },
  }),
];

/** @throws DomainError card_not_found, also when somebody else's. */
async function requireVisibleCard(db: GiftcardApi['db'], id: string, principal: Principal): Promise<GiftCard> {
  const card = await findCard(db, id);
  const involved =
    card !== undefined &&
    ([card.assignee_id, card.host_id].includes(principal.userId) ||
      principal.roles.includes('finance') ||
      (await isMerchantOwner(db, card.merchant_id, principal.userId)));
  if (!involved) throw new DomainError('card_not_found', 'There is no such card that you may see.');
  return card;
}

const presentPast = (card: CardAt | undefined): Record<string, unknown> | null =>
  card === undefined
    ? null
    : Object.fromEntries(
        Object.entries(card).map(([name, value]) => [name, typeof value === 'bigint' ? value.toString() : value]),
      );

const present = (card: GiftCard, state: string) => ({
  cardId: card.id,
  merchantId: card.merchant_id,
  currency: card.currency,
  faceMinor: card.face_minor.toString(),
  remainingMinor: card.remaining_minor.toString(),
  heldMinor: card.held_minor.toString(),
  redeemedMinor: card.redeemed_minor.toString(),
  refundedMinor: card.refunded_minor.toString(),
  releasedMinor: card.released_minor.toString(),
  state,
  frozen: card.frozen_at !== null,
  expiresAt: card.expires_at?.toISOString() ?? null,
});
