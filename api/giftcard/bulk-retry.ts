import { z } from 'zod';
import {
  beginBulkRetry,
  cancelBulkRetry,
  countBulkRetry,
  findBulkRetry,
  listBulkRetries,
  listBulkRetryItems,
} from '../../db/giftcard/bulk-retry.ts';
import { DomainError } from '../../domain/errors.ts';
import { BULK_RETRY, bulkRetryId, type BulkRetryInput } from '../../workflows/giftcard/bulk-retry.contract.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import { currency, uuid } from '../http/amounts.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

const params = z.object({ bulkRetryId: uuid });
const filter = z.strictObject({
  reason: z.string().min(1).max(100).optional(),
  merchantId: uuid.optional(),
  currency: currency.optional(),
  minAgeMs: z
    .int()
    .min(0)
    .max(10 ** 11)
    .optional(),
});

export const bulkRetryRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlements/bulk-retry',
    summary: 'Retry every parked settlement that matches, or only count them',
    auth: 'finance.decide',
    idempotent: true,
    body: z.object({ filter, reason: z.string().trim().min(3).max(500), dryRun: z.boolean().default(false) }),
    responses: {
      200: { description: 'Counted: nothing is decided' },
      202: { description: 'Begun: each settlement is decided on, with its own case number' },
    },
    handler: async ({ body, resourceId, actor, requestId }) => {
      const { reason: matchReason, ...rest } = body.filter;
      const wanted = { ...rest, matchReason };
      if (body.dryRun) return { status: 200, body: await countBulkRetry(deps.db, wanted) };
      const input = { ...wanted, bulkRetryId: resourceId, reason: body.reason };
      const begun = await beginBulkRetry(deps.db, input, { actor, requestId });
      await start(deps, { bulkRetryId: resourceId, requestId }, begun.matched);
      const location = `/v1/finance/bulk-retries/${resourceId}`;
      return { status: 202, body: { ...begun, href: location }, headers: { location } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/bulk-retries',
    summary: 'Bulk retries, newest first',
    auth: 'finance.read',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Bulk retries with their progress' } },
    handler: async ({ query }) => {
      const found = await listBulkRetries(deps.db, query);
      return { status: 200, body: pageOf(found, query.limit, ({ bulkRetryId: id }) => id) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/bulk-retries/{bulkRetryId}',
    summary: 'How far a bulk retry is',
    auth: 'finance.read',
    params,
    responses: { 200: { description: 'The bulk retry with its progress' } },
    handler: async ({ params: { bulkRetryId: id } }) => ({ status: 200, body: await requireBulkRetry(deps, id) }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/bulk-retries/{bulkRetryId}/items',
    summary: 'What became of each settlement of a bulk retry, by settlement id',
    auth: 'finance.read',
    params,
    query: z.object(pageQuery),
    responses: { 200: { description: 'Settlements with the outcome of the decision' } },
    handler: async ({ params: { bulkRetryId: id }, query }) => {
      await requireBulkRetry(deps, id);
      const found = await listBulkRetryItems(deps.db, { bulkRetryId: id, ...query });
      return { status: 200, body: pageOf(found, query.limit, ({ settlementId }) => settlementId) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/bulk-retries/{bulkRetryId}/cancel',
    summary: 'Decide on nothing more; what was decided stands',
    auth: 'finance.decide',
    idempotent: true,
    params,
    responses: { 200: { description: 'Cancelled' } },
    handler: async ({ params: { bulkRetryId: id }, actor, requestId }) => ({
      status: 200,
      body: await cancelBulkRetry(deps.db, { bulkRetryId: id }, { actor, requestId }),
    }),
  }),
];

async function requireBulkRetry({ db }: GiftcardApi, id: string) {
  const found = await findBulkRetry(db, id);
  if (!found) throw new DomainError('bulk_retry_not_found', 'There is no such bulk retry.');
  return found;
}

const start = ({ temporal, budgetMs }: GiftcardApi, input: BulkRetryInput, matched: number): Promise<void> =>
  startWorkflow(temporal, {
    workflowType: BULK_RETRY,
    workflowId: bulkRetryId(input.bulkRetryId),
    taskQueue: GIFTCARD_TASK_QUEUE,
    args: [input],
    summary: `Retry ${matched} parked settlements`,
    searchAttributes: { RequestId: input.requestId },
    memo: { requestId: input.requestId },
    budgetMs,
  });
