import { z } from 'zod';
import { freezeGiftCard, unfreezeGiftCard } from '../../db/giftcard/freeze-gift-card.ts';
import { findCard, isMerchantOwner } from '../../db/giftcard/queries.ts';
import { replaceCardCode } from '../../db/giftcard/replace-card-code.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const cardId = z.object({ cardId: uuid });
const reason = z.object({ reason: z.string().trim().min(3).max(500) });

export const freezeGiftCardRoutes = ({ db, codes }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/freeze',
    summary: 'Freeze a card of my shop: it cannot be spent until it is unfrozen',
    auth: 'card.freeze',
    idempotent: true,
    params: cardId,
    body: reason,
    responses: { 200: { description: 'Frozen' } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireOwnCard(db, params.cardId, principal);
      await freezeGiftCard(db, { ...params, ...body }, { actor, requestId });
      return { status: 200, body: { cardId: params.cardId, frozen: true } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/unfreeze',
    summary: 'Unfreeze a card of my shop',
    auth: 'card.freeze',
    idempotent: true,
    params: cardId,
    body: reason,
    responses: { 200: { description: 'Not frozen' } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      await requireOwnCard(db, params.cardId, principal);
      await unfreezeGiftCard(db, { ...params, ...body }, { actor, requestId });
      return { status: 200, body: { cardId: params.cardId, frozen: false } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/replace-code',
    summary: 'A new code for a card of mine: the old one is worth nothing from now on',
    auth: 'card.reveal',
    idempotent: true,
    params: cardId,
    responses: { 200: { description: 'Replaced; reveal the new code as before' } },
    handler: async ({ params, resourceId, principal, actor, requestId }) => {
      const card = await findCard(db, params.cardId);
      if (card?.assignee_id !== principal.userId) throw new DomainError('card_not_yours', 'The card is not yours.');
      const input = { cardId: card.id, replacementId: resourceId, code: codes.create(card.id) };
      await replaceCardCode(db, input, { actor, requestId });
      return { status: 200, body: { cardId: card.id } };
    },
  }),
];

/** Finance may freeze any card, a merchant those of its shops. @throws DomainError card_not_found. */
async function requireOwnCard(db: GiftcardApi['db'], id: string, { roles, userId }: Principal): Promise<void> {
  const card = await findCard(db, id);
  const own = card && (roles.includes('finance') || (await isMerchantOwner(db, card.merchant_id, userId)));
  if (!own) throw new DomainError('card_not_found', 'There is no such card of your shops.');
}
