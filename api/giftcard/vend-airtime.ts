import { z } from 'zod';
import { findVend, listVendsOfCard } from '../../db/giftcard/vend-airtime.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AirtimeOperator } from '../../providers/airtime/port.ts';
import { amountMinor, uuid } from '../http/amounts.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';
import {
  beginVendOfCard,
  carryVend,
  e164,
  NO_STORE,
  numberOf,
  phone,
  presentVend,
  requireOperator,
  requireOwnCard,
} from './start-vend.ts';

const card = z.object({ cardId: uuid });

export const vendAirtimeRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/airtime/operators/look-up',
    summary: 'Whose number it is, and what it can be topped up by',
    auth: 'airtime.vend',
    body: z.object({ phone }),
    responses: { 200: { description: 'The operator and its offer' } },
    handler: async ({ body, principal }) => {
      await deps.phoneLimit.consume(principal.userId);
      return {
        status: 200,
        body: presentOperator(await requireOperator(deps.airtime, e164(body.phone))),
        headers: NO_STORE,
      };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/gift-cards/{cardId}/top-ups',
    summary: 'Top up a phone with a card of mine: its value, or a part of it',
    auth: 'airtime.vend',
    idempotent: true,
    params: card,
    body: z.object({
      phone,
      /** All that is left on the card where it is absent. */
      amountMinor: amountMinor.optional(),
      /** As the look-up named it; where it is absent the provider is asked. */
      operator: z.string().max(64).optional(),
    }),
    secretMembers: ['phone'],
    responses: { 201: { description: 'Being sent: look again at the link' } },
    handler: async ({ params: { cardId }, body, resourceId: vendId, principal, actor, requestId }) => {
      const number = e164(body.phone);
      const begun =
        (await findVend(deps.db, vendId)) ??
        (await beginVendOfCard(
          deps,
          number,
          { ...body, vendId, cardId, userId: principal.userId },
          { actor, requestId },
        ));
      await carryVend(deps, begun, requestId);
      return { status: 201, body: presentVend(begun), headers: { location: `/v1/top-ups/${vendId}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/gift-cards/{cardId}/top-ups',
    summary: 'Top-ups of a card of mine, the newest first',
    auth: 'airtime.vend',
    params: card,
    responses: { 200: { description: 'Top-ups, without numbers' } },
    handler: async ({ params: { cardId }, principal }) => {
      await requireOwnCard(deps, cardId, principal.userId);
      const vends = (await listVendsOfCard(deps.db, cardId)).filter(({ userId }) => userId === principal.userId);
      return { status: 200, body: { data: vends.map(presentVend) } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/top-ups/{vendId}',
    summary: 'One top-up of mine, with its number as long as it is kept',
    auth: 'airtime.vend',
    params: z.object({ vendId: uuid }),
    responses: { 200: { description: 'The top-up' } },
    handler: async ({ params: { vendId }, principal }): Promise<Reply> => {
      const vend = await findVend(deps.db, vendId);
      if (vend?.userId !== principal.userId)
        throw new DomainError('airtime_vend_not_found', 'There is no such top-up of yours.');
      return { status: 200, body: { ...presentVend(vend), phone: numberOf(deps, vend) }, headers: NO_STORE };
    },
  }),
];

const presentOperator = ({ offer, ...operator }: AirtimeOperator) => ({
  ...operator,
  offer:
    offer.kind === 'fixed'
      ? { kind: offer.kind, amountsMinor: offer.amountsMinor.map(String) }
      : { kind: offer.kind, minMinor: offer.minMinor.toString(), maxMinor: offer.maxMinor.toString() },
});
