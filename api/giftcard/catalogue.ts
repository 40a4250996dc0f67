import { z } from 'zod';
import { listCatalogue } from '../../db/giftcard/queries.ts';
import { addCatalogueItem, retireCatalogueItem } from '../../db/giftcard/register-merchant.ts';
import { DomainError } from '../../domain/errors.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const merchantId = z.object({ merchantId: uuid });

export const catalogueRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/merchants/{merchantId}/catalogue-items',
    summary: 'Offer gift cards: fixed amounts, or any amount of a range',
    auth: 'merchant.manage',
    idempotent: true,
    params: merchantId,
    body: z.object({
      name: z.string().trim().min(1).max(120),
      currency,
      amountsMinor: z.array(amountMinor).min(1).max(50).optional(),
      minMinor: amountMinor.optional(),
      maxMinor: amountMinor.optional(),
      /** Of a merchant of airtime: whose phones the cards are good for, by the provider's names. */
      operators: z
        .array(z.string().regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, 'expected the name of an operator'))
        .min(1)
        .max(100)
        .optional(),
      /** From a card's assignment. Without it and `validUntil`: a year. */
      validityDays: z.int().min(1).max(3_660).optional(),
      /** No card is valid beyond this instant. */
      validUntil: z.iso.datetime({ offset: true }).optional(),
    }),
    responses: { 201: { description: 'The item' } },
    handler: async ({ params, body, resourceId, principal, actor, requestId }) => {
      const item = {
        ...boundsOf(body),
        id: resourceId,
        merchantId: params.merchantId,
        name: body.name,
        currency: body.currency,
        operators: body.operators ?? null,
        ...validityOf(body),
      };
      await addCatalogueItem(db, item, principal.userId, { actor, requestId });
      return {
        status: 201,
        body: { id: resourceId, merchantId: params.merchantId, name: body.name, currency: body.currency },
      };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/merchants/{merchantId}/catalogue-items',
    summary: 'What a merchant offers',
    auth: 'public',
    params: merchantId,
    responses: { 200: { description: 'The catalogue' } },
    handler: async ({ params }) => ({
      status: 200,
      body: {
        data: (await listCatalogue(db, params.merchantId)).map((item) => ({
          id: item.id,
          name: item.name,
          currency: item.currency,
          amountsMinor: item.amounts_minor?.map(String) ?? null,
          minMinor: item.min_minor.toString(),
          maxMinor: item.max_minor.toString(),
          operators: item.operators,
          state: item.state,
          validityDays: item.validity_days,
          validUntil: item.valid_until?.toISOString() ?? null,
        })),
      },
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/merchants/{merchantId}/catalogue-items/{itemId}/retire',
    summary: 'Sell no more cards of an item; those that were sold stay good',
    auth: 'merchant.manage',
    idempotent: true,
    params: z.object({ merchantId: uuid, itemId: uuid }),
    responses: { 200: { description: 'Retired' } },
    handler: async ({ params, principal, actor, requestId }) => {
      await retireCatalogueItem(db, { ...params, ownerId: principal.userId }, { actor, requestId });
      return { status: 200, body: { id: params.itemId, state: 'RETIRED' } };
    },
  }),
];

const DEFAULT_VALIDITY_DAYS = 365;

function validityOf({
  validityDays,
  validUntil,
}: {
  validityDays?: number | undefined;
  validUntil?: string | undefined;
}) {
  if (validUntil !== undefined && Date.parse(validUntil) <= Date.now())
    throw new DomainError('validation_failed', 'validUntil lies in the past.');
  const days = validityDays ?? (validUntil === undefined ? DEFAULT_VALIDITY_DAYS : null);
  return { validityDays: days, validUntil: validUntil === undefined ? null : new Date(validUntil) };
}

interface Offer {
  readonly amountsMinor?: readonly bigint[] | undefined;
  readonly minMinor?: bigint | undefined;
  readonly maxMinor?: bigint | undefined;
}

function boundsOf({ amountsMinor, minMinor, maxMinor }: Offer) {
  if (amountsMinor && minMinor === undefined && maxMinor === undefined) {
    const sorted = amountsMinor.toSorted((a, b) => (a < b ? -1 : 1));
    return { amountsMinor, minMinor: sorted[0] ?? 0n, maxMinor: sorted.at(-1) ?? 0n };
  }
  if (amountsMinor || minMinor === undefined || maxMinor === undefined || minMinor > maxMinor) {
    throw new DomainError('validation_failed', 'An item has amountsMinor, or minMinor and maxMinor.');
  }
  return { amountsMinor: null, minMinor, maxMinor };
}
