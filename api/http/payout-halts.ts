import { z } from 'zod';
import { findPayoutHalt, listPayoutHalts, waiveFindings } from '../../db/platform/payout-halts.ts';
import { DomainError } from '../../domain/errors.ts';
import type { TaskQueue } from '../../temporal-config/task-queues.ts';
import {
  AWAIT_RESUMED,
  RESUME_PAYOUTS,
  resumePayoutsId,
  WAKE_PAYOUTS,
  wakePayoutsId,
  type PayoutHaltView,
  type ResumePayoutsInput,
  type WakePayoutsInput,
} from '../../workflows/audit/contract.ts';
import { uuid } from './amounts.ts';
import type { AuditedService } from './audit-books.ts';
import { startAndAwait, startWorkflow } from './await-workflow.ts';
import { defineRoute, type Route } from './define-route.ts';
import { pageOf, pageQuery } from './paging.ts';

const haltId = z.object({ haltId: uuid });
const reason = z.string().trim().min(3).max(500);

/** Halts of new payouts out of this service's book: what the auditor found broken, and how payouts begin again. */
export const payoutHaltRoutes = ({ db, temporal, budgetMs }: AuditedService, taskQueue: TaskQueue): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/halts',
    summary: 'Currencies whose new payouts wait, or waited, because the auditor found something broken',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, state: z.enum(['active', 'lifted']).optional() }),
    responses: { 200: { description: 'Halts, newest first; `liftedAt` is null while payouts wait' } },
    handler: async ({ query: { state, ...page } }) => ({
      status: 200,
      body: pageOf(
        await listPayoutHalts(db, { ...page, active: state && state === 'active' }),
        page.limit,
        ({ haltId: id }) => id,
      ),
    }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/halts/{haltId}/resume',
    summary: 'Ask anew what was broken, and let payouts begin again when it is mended',
    auth: 'finance.decide',
    idempotent: true,
    params: haltId,
    body: z.object({ reason }),
    responses: {
      200: { description: 'Mended: the halt is lifted' },
      202: { description: 'The checks take longer than a request: the link says what became of it' },
    },
    handler: async ({ params, body, resourceId: auditId, actor, requestId }) => {
      if (!(await findPayoutHalt(db, params.haltId))) throw new DomainError('halt_not_found', 'There is no such halt.');
      const input: ResumePayoutsInput = { ...params, ...body, auditId, actor, requestId };
      const answer = await startAndAwait<PayoutHaltView>(temporal, {
        workflowType: RESUME_PAYOUTS,
        workflowId: resumePayoutsId(params.haltId, auditId),
        taskQueue,
        args: [input],
        update: AWAIT_RESUMED,
        summary: `Resume payouts after halt ${params.haltId}`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      if (answer.kind === 'answered') return { status: 200, body: answer.value };
      return { status: 202, body: { auditId, href: `/v1/finance/audit/runs/${auditId}` } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/halts/{haltId}/waive',
    summary: 'Say of findings of a halt that they may stay as they are. Takes two people',
    auth: 'finance.decide',
    idempotent: true,
    params: haltId,
    body: z.object({ findingIds: z.array(uuid).min(1).max(100), reason }),
    responses: {
      200: { description: 'Which are waived by two people, which wait for another person, and the halt' },
    },
    handler: async ({ params, body, actor, requestId }) => {
      const answer = await waiveFindings(db, { ...params, ...body }, { actor, requestId });
      const { haltId: id, currency, liftedAt } = answer.halt;
      if (liftedAt !== null) await wake({ temporal, budgetMs }, taskQueue, id, { currency, requestId });
      return { status: 200, body: answer };
    },
  }),
];

const wake = (
  { temporal, budgetMs }: Pick<AuditedService, 'temporal' | 'budgetMs'>,
  taskQueue: TaskQueue,
  halt: string,
  input: WakePayoutsInput,
): Promise<void> =>
  startWorkflow(temporal, {
    workflowType: WAKE_PAYOUTS,
    workflowId: wakePayoutsId(halt),
    taskQueue,
    args: [input],
    summary: `Payouts in ${input.currency} begin again after halt ${halt}`,
    searchAttributes: { RequestId: input.requestId },
    memo: { requestId: input.requestId },
    budgetMs,
  });
