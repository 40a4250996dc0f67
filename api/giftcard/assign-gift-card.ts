import { z } from 'zod';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { findCard } from '../../db/giftcard/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

export const assignGiftCardRoutes = ({ db, codes }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/assign',
    summary: 'Give a card of an order of mine to somebody: its code is made, its validity begins',
    auth: 'card.issue',
    idempotent: true,
    params: z.object({ cardId: uuid }),
    body: z.object({ assigneeId: uuid }),
    responses: { 200: { description: 'Assigned' } },
    handler: async ({ params, body, resourceId, principal, actor, requestId }) => {
      const card = await findCard(db, params.cardId);
      if (!card || card.host_id !== principal.userId || card.giveaway_id !== null)
        throw new DomainError('card_not_found', 'There is no such card of yours.');
      const input = { cardId: card.id, awardId: resourceId, assigneeId: body.assigneeId, code: codes.create(card.id) };
      return { status: 200, body: await assignGiftCard(db, input, { actor, requestId }) };
    },
  }),
];
