import { z } from 'zod';
import { registerMerchant, requireMerchant, updateMerchant } from '../../db/giftcard/register-merchant.ts';
import { merchantBalances } from '../../db/giftcard/merchant-balances.ts';
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const merchantId = z.object({ merchantId: uuid });
const merchantFields = {
  name: z.string().trim().min(1).max(120),
  payoutAccount: z.string().trim().min(1).max(120),
  /** When redemptions are paid out: each at once, or all of an hour or a day together. */
  payoutSchedule: z.enum(['instant', 'hourly', 'daily']),
};
const merchant = z.object({
  id: uuid,
  kind: z.string(),
  name: z.string(),
  payoutAccount: z.string(),
  payoutSchedule: z.string(),
});

export const merchantRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/merchants',
    summary: 'Register a merchant with its payout account',
    auth: 'merchant.manage',
    idempotent: true,
    body: z.object({ ...merchantFields, payoutSchedule: merchantFields.payoutSchedule.default('instant') }),
    responses: { 201: { description: 'The merchant', schema: merchant } },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const created = await registerMerchant(
        db,
        { ...body, id: resourceId, ownerId: principal.userId },
        { actor, requestId },
      );
      return { status: 201, body: merchant.parse(created) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/airtime/merchants',
    summary: 'Register a reseller of airtime: its cards are redeemed by topping up phones',
    auth: 'airtime.manage',
    idempotent: true,
    body: z.object({
      ...merchantFields,
      /** A user with the role of a merchant. */
      ownerId: uuid,
      payoutSchedule: z.enum(['hourly', 'daily']).default('daily'),
    }),
    responses: { 201: { description: 'The merchant', schema: merchant } },
    handler: async ({ body, resourceId, actor, requestId }) => {
      const created = await registerMerchant(db, { ...body, id: resourceId, kind: 'airtime' }, { actor, requestId });
      return { status: 201, body: merchant.parse(created) };
    },
  }),
  defineRoute({
    method: 'patch',
    path: '/v1/merchants/{merchantId}',
    summary: 'Change the name, the payout account or the payout schedule',
    auth: 'merchant.manage',
    params: merchantId,
    body: z.object(merchantFields).partial(),
    responses: { 200: { description: 'The merchant', schema: merchant } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      const change = { ...body, merchantId: params.merchantId, ownerId: principal.userId };
      return { status: 200, body: merchant.parse(await updateMerchant(db, change, { actor, requestId })) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/merchants/{merchantId}/balance',
    summary: 'What the merchant is owed and not yet paid, by currency',
    auth: 'merchant.manage',
    params: merchantId,
    responses: { 200: { description: 'Balances' } },
    handler: async ({ params, principal }) => {
      await requireMerchant(db, params.merchantId, principal.userId);
      return { status: 200, body: { data: await merchantBalances(db, params.merchantId) } };
    },
  }),
];
