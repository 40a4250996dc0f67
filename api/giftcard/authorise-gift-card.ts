import { z } from 'zod';
import {
  authoriseGiftCard,
  readAuthorisation,
  voidAuthorisation,
  type Authorisation,
} from '../../db/giftcard/authorise-gift-card.ts';
import { findMerchant, type Merchant } from '../../db/giftcard/register-merchant.ts';
import { DomainError } from '../../domain/errors.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';
import { patienceMs } from './redeem-gift-card.ts';
import { findAtTheTill, presentRedemption, startRedemption } from './start-redemption.ts';

const MAX_TTL_MS = 15 * 60_000;
const authorisationId = z.object({ authorisationId: uuid });

export const authoriseGiftCardRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/authorisations',
    summary: 'Hold an amount of a card for a short time, to be confirmed or given back',
    auth: 'redemption.create',
    idempotent: true,
    body: z.object({
      merchantId: uuid,
      code: z.string().max(64),
      amountMinor: amountMinor.optional(),
      currency: currency.optional(),
      ttlMs: z.int().min(1_000).max(MAX_TTL_MS).default(MAX_TTL_MS),
    }),
    responses: { 201: { description: 'Held until `expiresAt`' } },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const { card } = await findAtTheTill(deps, principal.userId, body);
      const held = await authoriseGiftCard(
        deps.db,
        {
          authorisationId: resourceId,
          cardId: card.id,
          merchantId: body.merchantId,
          amountMinor: body.amountMinor ?? null,
          currency: body.currency ?? null,
          ttlMs: body.ttlMs,
        },
        { actor, requestId },
      );
      return { status: 201, body: held, headers: { location: `/v1/authorisations/${resourceId}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/authorisations/{authorisationId}',
    summary: 'One authorisation',
    auth: 'redemption.create',
    params: authorisationId,
    responses: { 200: { description: 'The authorisation' } },
    handler: async ({ params, principal }) => {
      const { held } = await requireHeld(deps, params.authorisationId, principal.userId);
      return { status: 200, body: held };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/authorisations/{authorisationId}/confirm',
    summary: 'Redeem what was held, or less: the rest is free again',
    auth: 'redemption.create',
    idempotent: 'command',
    present: presentRedemption,
    params: authorisationId,
    body: z.object({ amountMinor: amountMinor.optional(), expiresInMs: patienceMs }),
    responses: {
      201: { description: 'Confirmed: the value is the merchant’s' },
    },
    handler: async ({ params, body, resourceId, principal, actor, requestId }) => {
      const { held, merchant } = await requireHeld(deps, params.authorisationId, principal.userId);
      return startRedemption(deps, {
        redemptionId: resourceId,
        merchant,
        card: { id: held.cardId, currency: held.currency },
        amountMinor: body.amountMinor,
        currency: undefined,
        authorisationId: held.authorisationId,
        expiresInMs: body.expiresInMs,
        actor,
        requestId,
      });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/authorisations/{authorisationId}/void',
    summary: 'Give back what was held',
    auth: 'redemption.create',
    idempotent: true,
    params: authorisationId,
    responses: { 200: { description: 'Given back' } },
    handler: async ({ params, principal, actor, requestId }) => {
      const { held } = await requireHeld(deps, params.authorisationId, principal.userId);
      return { status: 200, body: await voidAuthorisation(deps.db, held, { actor, requestId }) };
    },
  }),
];

/** @throws DomainError authorisation_not_found, also for somebody else's. */
async function requireHeld(
  { db }: GiftcardApi,
  id: string,
  userId: string,
): Promise<{ held: Authorisation; merchant: Merchant }> {
  const held = await readAuthorisation(db, id);
  const merchant = held && (await findMerchant(db, held.merchantId, userId));
  if (!merchant) throw new DomainError('authorisation_not_found', 'There is no such authorisation of your shops.');
  return { held, merchant };
}
