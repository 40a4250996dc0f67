import { z } from 'zod';
import { cardState, findCard, isMerchantOwner } from '../../db/giftcard/queries.ts';
import type { GiftCard } from '../../db/giftcard/model.ts';
import { DomainError } from '../../domain/errors.ts';
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
      const card = await findCard(db, params.cardId);
      const involved =
        card !== undefined &&
        ([card.assignee_id, card.host_id].includes(principal.userId) ||
          principal.roles.includes('finance') ||
          (await isMerchantOwner(db, card.merchant_id, principal.userId)));
      if (!involved) throw new DomainError('card_not_found', 'There is no such card that you may see.');
      return { status: 200, body: present(card, await cardState(db, card)) };
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
