import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import {
  decideAdjustment,
  listAdjustments,
  requestAdjustment,
  type RequestAdjustment,
} from '../../db/platform/finance-adjustments.ts';
import { DomainError } from '../../domain/errors.ts';
import { amountMinor, currency, uuid } from './amounts.ts';
import { defineRoute, type Route } from './define-route.ts';
import { pageOf, pageQuery } from './paging.ts';

const adjustmentId = z.object({ adjustmentId: uuid });

/** What finance books by hand in the ledger of either service: two people, and only losses of ours. */
export const financeAdjustmentRoutes = (
  { db }: { readonly db: Database },
  debtorType: RequestAdjustment['debtorType'],
): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/adjustments',
    summary: 'Ask to give up a debt, or to book money that the provider does not have, as a loss of ours',
    auth: 'finance.decide',
    idempotent: true,
    body: z.object({
      kind: z.enum(['receivable_write_off', 'reconciliation_loss']),
      /** Of a debt: whose. */
      debtorId: uuid.optional(),
      currency,
      amountMinor,
      reason: z.string().trim().min(3).max(500),
    }),
    responses: { 201: { description: 'Asked for: another person has to approve it' } },
    handler: async ({ body, resourceId, actor, requestId }) => {
      const isDebt = body.kind === 'receivable_write_off';
      if (isDebt !== (body.debtorId !== undefined))
        throw new DomainError('validation_failed', 'A debt has a debtorId; a reconciliation loss has none.');
      const input = {
        ...body,
        adjustmentId: resourceId,
        debtorType: isDebt ? debtorType : null,
        debtorId: body.debtorId ?? null,
      };
      return { status: 201, body: await requestAdjustment(db, input, { actor, requestId }) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/adjustments',
    summary: 'Bookings by hand, newest first',
    auth: 'finance.read',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Adjustments' } },
    handler: async ({ query }) => ({
      status: 200,
      body: pageOf(await listAdjustments(db, query), query.limit, ({ adjustmentId: id }) => id),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/adjustments/{adjustmentId}/decide',
    summary: 'Approve or reject what somebody else asked for',
    auth: 'finance.decide',
    idempotent: true,
    params: adjustmentId,
    body: z.object({ approve: z.boolean() }),
    responses: { 200: { description: 'Booked, or rejected' } },
    handler: async ({ params, body, actor, requestId }) => ({
      status: 200,
      body: await decideAdjustment(db, { ...params, ...body }, { actor, requestId }),
    }),
  }),
];
