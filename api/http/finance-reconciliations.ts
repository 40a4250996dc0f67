import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import { findReconciliation, listReconciliations } from '../../db/platform/reconcile-provider.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TaskQueue } from '../../temporal-config/task-queues.ts';
import {
  RECONCILE_PROVIDER,
  reconcileProviderId,
  type ReconcileInput,
} from '../../workflows/platform/reconciliation.contract.ts';
import { uuid } from './amounts.ts';
import { restartWorkflow } from './await-workflow.ts';
import { defineRoute, type Route } from './define-route.ts';
import { pageOf, pageQuery } from './paging.ts';

export interface ReconciliationApi {
  readonly db: Database;
  readonly temporal: Client;
  readonly budgetMs: number;
}

const ISO_DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day that has begun, by UTC. @throws DomainError reconciliation_date_invalid. */
function requireDay(date: string): string {
  const at = ISO_DAY.test(date) ? Date.parse(`${date}T00:00:00Z`) : Number.NaN;
  if (!(at <= Date.now()) || new Date(at).toISOString().slice(0, date.length) !== date)
    throw new DomainError('reconciliation_date_invalid', 'A date is YYYY-MM-DD, and not in the future.', { date });
  return date;
}

/** The provider's file of a day against the book of either service. */
export const financeReconciliationRoutes = (
  { db, temporal, budgetMs }: ReconciliationApi,
  taskQueue: TaskQueue,
): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/reconciliations',
    summary: 'Hold the provider’s file of a day against our book, now, or anew',
    auth: 'finance.decide',
    idempotent: true,
    body: z.object({ date: z.string() }),
    responses: { 202: { description: 'Begun, or being read already' } },
    handler: async ({ body, actor, requestId }) => {
      const input: ReconcileInput = { date: requireDay(body.date), actor, requestId };
      await restartWorkflow(temporal, {
        workflowType: RECONCILE_PROVIDER,
        workflowId: reconcileProviderId(input.date),
        taskQueue,
        args: [input],
        summary: `Reconcile with the provider, ${input.date}`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      return { status: 202, body: { date: input.date, href: '/v1/finance/reconciliations' } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/reconciliations',
    summary: 'Reconciliations with their counts, newest first',
    auth: 'finance.read',
    query: z.object(pageQuery),
    responses: { 200: { description: 'Reconciliations' } },
    handler: async ({ query }) => {
      const found = await listReconciliations(db, query);
      return { status: 200, body: pageOf(found, query.limit, ({ reconciliationId }) => reconciliationId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/reconciliations/{reconciliationId}',
    summary: 'One reconciliation with its counts',
    auth: 'finance.read',
    params: z.object({ reconciliationId: uuid }),
    responses: { 200: { description: 'The reconciliation' } },
    handler: async ({ params }) => {
      const found = await findReconciliation(db, params.reconciliationId);
      if (!found) throw new DomainError('reconciliation_not_found', 'There is no such reconciliation.');
      return { status: 200, body: found };
    },
  }),
];
