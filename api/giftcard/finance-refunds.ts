import { z } from 'zod';
import { findRefund, listRefundIntents, listRefunds } from '../../db/giftcard/refund-redemption.ts';
import { caseHistory } from '../../db/parked-cases.ts';
import { DomainError } from '../../domain/errors.ts';
import { uuid } from '../http/amounts.ts';
import { caseQuery } from '../http/case-query.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import { presentIntents, retryOf } from '../http/payment-intents.ts';
import type { GiftcardApi } from './dependencies.ts';
import { refundState } from './refund-redemption.ts';

export const financeRefundRoutes = ({ db, payments }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/refunds',
    summary: 'Refunds for finance: by state, merchant, currency, reason and age; newest first',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, ...caseQuery, state: refundState, merchantId: uuid.optional() }),
    responses: { 200: { description: 'Refunds with their case and reason' } },
    handler: async ({ query }) => {
      const found = await listRefunds(db, { ...query, state: query.state?.toUpperCase() });
      return { status: 200, body: pageOf(found, query.limit, ({ refundId }) => refundId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/refunds/{refundId}',
    summary: 'A refund, what the provider says of its pull-backs now, and what a retry would do',
    auth: 'finance.read',
    params: z.object({ refundId: uuid }),
    responses: { 200: { description: 'The refund; a provider that cannot be reached is an answer, too' } },
    handler: async ({ params: { refundId } }) => {
      const refund = await findRefund(db, refundId);
      if (!refund) throw new DomainError('refund_not_found', 'There is no such refund.');
      const intents = await presentIntents(await listRefundIntents(db, refundId), (id) => payments.findPullBack(id));
      const retry = retryOf(refund.state === 'WAITING_FOR_MERCHANT', intents);
      return { status: 200, body: { ...refund, intents, retry, history: await caseHistory(db, 'refund', refundId) } };
    },
  }),
];
