import { z } from 'zod';
import { listMerchantRates, setMerchantRate, type RateVersion } from '../../db/giftcard/merchant-rates.ts';
import { isMerchantOwner } from '../../db/giftcard/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { minorOrZero, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const merchantId = z.object({ merchantId: uuid });
const MILLION = 1_000_000;

export const merchantRateRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/merchants/{merchantId}/rates',
    summary: 'Set a further version of a merchant’s rate; cards that are reserved already keep theirs',
    auth: 'rate.manage',
    idempotent: true,
    params: merchantId,
    body: z.object({
      ratePpm: z.int().min(0).max(MILLION),
      minMinor: minorOrZero.default(0n),
      maxMinor: minorOrZero.optional(),
      effectiveAt: z.iso.datetime({ offset: true }).optional(),
      reason: z.string().trim().min(3).max(500),
    }),
    responses: { 201: { description: 'The version' } },
    handler: async ({ params, body, actor, requestId }) => {
      if (body.maxMinor !== undefined && body.maxMinor < body.minMinor)
        throw new DomainError('validation_failed', 'maxMinor is less than minMinor.');
      const rate = {
        merchantId: params.merchantId,
        ratePpm: BigInt(body.ratePpm),
        minMinor: body.minMinor,
        maxMinor: body.maxMinor ?? null,
        effectiveAt: body.effectiveAt === undefined ? null : new Date(body.effectiveAt),
        reason: body.reason,
      };
      return { status: 201, body: present(await setMerchantRate(db, rate, { actor, requestId })) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/merchants/{merchantId}/rates',
    summary: 'All versions of a merchant’s rate, the newest first',
    auth: 'settlement.read',
    params: merchantId,
    responses: { 200: { description: 'Versions' } },
    handler: async ({ params, principal }) => {
      const own =
        principal.roles.includes('finance') || (await isMerchantOwner(db, params.merchantId, principal.userId));
      if (!own) throw new DomainError('merchant_not_found', 'There is no such merchant of yours.');
      return { status: 200, body: { data: (await listMerchantRates(db, params.merchantId)).map(present) } };
    },
  }),
];

const present = (rate: RateVersion) => ({
  ...rate,
  ratePpm: Number(rate.ratePpm),
  minMinor: rate.minMinor.toString(),
  maxMinor: rate.maxMinor?.toString() ?? null,
  effectiveAt: rate.effectiveAt.toISOString(),
});
