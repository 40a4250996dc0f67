import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { Database } from '../../db/connect.ts';
import { findAuditRun, listAuditFindings, listAuditRuns } from '../../db/platform/audit-books.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TaskQueue } from '../../temporal-config/task-queues.ts';
import { AUDIT_BOOKS, auditBooksId, type AuditBooksInput } from '../../workflows/audit/contract.ts';
import { uuid } from './amounts.ts';
import { startWorkflow } from './await-workflow.ts';
import { defineRoute, type Route } from './define-route.ts';
import { pageOf, pageQuery } from './paging.ts';

export interface AuditedService {
  readonly db: Database;
  readonly temporal: Client;
  readonly budgetMs: number;
}

const lowered = <const T extends string>(...values: readonly T[]) =>
  z
    .enum(values)
    .transform((value) => value.toUpperCase())
    .optional();

/** What the auditor of this service's book has looked at and found. */
export const auditBooksRoutes = ({ db, temporal, budgetMs }: AuditedService, taskQueue: TaskQueue): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/audit/runs',
    summary: 'Runs of the audit of this book, newest first',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, scope: z.enum(['touched', 'whole', 'recheck']).optional() }),
    responses: { 200: { description: 'Runs, with what each check looked at and found' } },
    handler: async ({ query }) => ({
      status: 200,
      body: pageOf(await listAuditRuns(db, query), query.limit, ({ auditId: id }) => id),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/audit/runs',
    summary: 'Audit this book now: everything, or what moved since the last run',
    auth: 'finance.decide',
    idempotent: true,
    body: z.object({ scope: z.enum(['touched', 'whole']) }),
    responses: { 202: { description: 'Started; the link answers when the run is done' } },
    handler: async ({ body, resourceId: auditId, actor, requestId }) => {
      const input: AuditBooksInput = { scope: body.scope, by: { auditId, actor, requestId } };
      await startWorkflow(temporal, {
        workflowType: AUDIT_BOOKS,
        workflowId: auditBooksId(auditId),
        taskQueue,
        args: [input],
        summary: `Audit of ${body.scope === 'whole' ? 'everything' : 'what moved'}, by hand`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      return { status: 202, body: { auditId, href: `/v1/finance/audit/runs/${auditId}` } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/audit/runs/{auditId}',
    summary: 'A run of the audit',
    auth: 'finance.read',
    params: z.object({ auditId: uuid }),
    responses: { 200: { description: 'The run; it is there when it is done' } },
    handler: async ({ params }) => {
      const run = await findAuditRun(db, params.auditId);
      if (!run) throw new DomainError('audit_run_not_found', 'There is no such run, or it is not done yet.');
      return { status: 200, body: run };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/audit/findings',
    summary: 'What is, or was, late or broken: one case for each thing, newest first',
    auth: 'finance.read',
    query: z.object({
      ...pageQuery,
      state: lowered('open', 'waived', 'cleared'),
      verdict: z.enum(['late', 'broken']).optional(),
      check: z.string().max(60).optional(),
      haltId: uuid.optional(),
    }),
    responses: { 200: { description: 'Findings' } },
    handler: async ({ query }) => ({
      status: 200,
      body: pageOf(await listAuditFindings(db, query), query.limit, ({ findingId: id }) => id),
    }),
  }),
];
