import { z } from 'zod';
import { readRedemption } from '../../db/giftcard/redeem-gift-card.ts';
import { isMerchantOwner } from '../../db/giftcard/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';
import { findAtTheTill, presentRedemption, startRedemption } from './start-redemption.ts';

const DEFAULT_PATIENCE_MS = 30_000;

/** How long the till waits; afterwards the redemption is refused. */
export const patienceMs = z.int().min(1_000).max(600_000).default(DEFAULT_PATIENCE_MS);

/** The code becomes a card id here, and goes no further: it is in no workflow, event or log. */
export const redeemGiftCardRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/redemptions',
    summary: 'Redeem a card at the till, wholly or in part',
    auth: 'redemption.create',
    idempotent: 'command',
    present: presentRedemption,
    body: z.object({
      merchantId: uuid,
      code: z.string().max(64),
      amountMinor: amountMinor.optional(),
      currency: currency.optional(),
      expiresInMs: patienceMs,
    }),
    responses: {
      201: { description: 'Confirmed: the value is the merchant’s' },
    },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const { merchant, card } = await findAtTheTill(deps, principal.userId, body);
      const { amountMinor: amount, currency: believed, expiresInMs } = body;
      return startRedemption(deps, {
        redemptionId: resourceId,
        merchant,
        card,
        amountMinor: amount,
        currency: believed,
        authorisationId: null,
        expiresInMs,
        actor,
        requestId,
      });
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/redemptions/{redemptionId}',
    summary: 'One redemption',
    auth: 'redemption.create',
    params: z.object({ redemptionId: uuid }),
    responses: { 200: { description: 'The redemption' } },
    handler: async ({ params, principal }) => {
      const redemption = await readRedemption(deps.db, params.redemptionId);
      if (!redemption || !(await isMerchantOwner(deps.db, redemption.merchantId, principal.userId)))
        throw new DomainError('redemption_not_found', 'There is no such redemption of your shops.');
      return { status: 200, body: redemption };
    },
  }),
];
