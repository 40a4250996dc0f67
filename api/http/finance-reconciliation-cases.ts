import { z } from 'zod';
import {
  findReconciliationCase,
  listReconciliationCases,
  reconciliationCaseHistory,
  type ReconciliationCase,
} from '../../db/platform/reconciliation-case.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  RECONCILIATION_DECISIONS,
  reconciliationCaseId,
  type ReconciliationDecision,
} from '../../workflows/platform/reconciliation.contract.ts';
import { currency, uuid } from './amounts.ts';
import { decideCase } from './decide-case.ts';
import { defineRoute, type Reply, type Route } from './define-route.ts';
import type { ReconciliationApi } from './finance-reconciliations.ts';
import { pageOf, pageQuery } from './paging.ts';

const params = z.object({ caseId: uuid });
const decided = { caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) };

/** What books money takes two people. */
const MONEY_DECISIONS = [
  {
    path: 'accept-loss',
    kind: 'accept_loss',
    summary: 'What the provider’s account lacks is our loss: takes two people',
  },
  {
    path: 'hold-gain',
    kind: 'hold_gain',
    summary: 'What the provider’s account has more is held for whoever it belongs to: takes two people',
  },
] as const;

/** Differences between the provider's file and the book of either service. */
export const financeReconciliationCaseRoutes = (deps: ReconciliationApi): Route[] => [
  ...readingRoutes(deps),
  ...decisionRoutes(deps),
];

const readingRoutes = (deps: ReconciliationApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/reconciliation-cases',
    summary: 'Differences to the provider’s file, newest first',
    auth: 'finance.read',
    query: z.object({
      ...pageQuery,
      state: z.enum(['open', 'resolved']).optional(),
      kind: z.enum(['missing_here', 'missing_there', 'amount_differs', 'state_differs', 'listed_twice']).optional(),
      currency: currency.optional(),
      assignee: z.string().min(1).max(100).optional(),
      reconciliationId: uuid.optional(),
    }),
    responses: { 200: { description: 'Cases' } },
    handler: async ({ query }) => {
      const found = await listReconciliationCases(deps.db, { ...query, state: query.state?.toUpperCase() });
      return { status: 200, body: pageOf(found, query.limit, ({ caseId }) => caseId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/reconciliation-cases/{caseId}',
    summary: 'A difference, and what was done about it',
    auth: 'finance.read',
    params,
    responses: { 200: { description: 'The case with its history' } },
    handler: async ({ params: { caseId } }) => {
      const found = await requireCase(deps, caseId);
      return { status: 200, body: { ...found, history: await reconciliationCaseHistory(deps.db, caseId) } };
    },
  }),
];

const decisionRoutes = (deps: ReconciliationApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/reconciliation-cases/{caseId}/assign',
    summary: 'Say whose case it is',
    auth: 'finance.decide',
    idempotent: true,
    params,
    body: z.object({ ...decided, assignee: z.string().trim().min(1).max(100) }),
    responses: { 200: { description: 'Assigned' } },
    handler: ({ params: { caseId }, body, ...who }) => decide(deps, caseId, { kind: 'assign', ...body }, who),
  }),
  ...(
    [
      ['note', 'note', 'Note something down about it'],
      ['adopt', 'adopt', 'Have our process ask the provider, and take over what it says'],
      ['dismiss', 'dismiss', 'It is no difference that matters'],
    ] as const
  ).map(([path, kind, summary]) =>
    defineRoute({
      method: 'post',
      path: `/v1/finance/reconciliation-cases/{caseId}/${path}`,
      summary,
      auth: 'finance.decide',
      idempotent: true,
      params,
      body: z.object(decided),
      responses: { 200: { description: 'Done; an adoption ends the case when our intent says the same' } },
      handler: ({ params: { caseId }, body, ...who }) => decide(deps, caseId, { kind, ...body }, who),
    }),
  ),
  ...MONEY_DECISIONS.map(({ path, kind, summary }) =>
    defineRoute({
      method: 'post',
      path: `/v1/finance/reconciliation-cases/{caseId}/${path}`,
      summary,
      auth: 'finance.decide',
      idempotent: true,
      params,
      body: z.object(decided),
      responses: {
        200: { description: 'Booked by two people; or asked for, and another person has to ask for the same' },
      },
      handler: async ({ params: { caseId }, body, ...who }) => {
        requireBookable(await requireCase(deps, caseId), kind, body.caseNumber);
        const subject = { subjectType: 'reconciliation_case', subjectId: caseId, kind } as const;
        const status = await secondDecision(deps.db, { decisionId: who.resourceId, ...subject, ...body }, who);
        if (!status.approved) return { status: 200, body: { ...status, caseId } };
        return decide(deps, caseId, { kind, ...body }, who);
      },
    }),
  ),
];

async function requireCase({ db }: ReconciliationApi, caseId: string): Promise<ReconciliationCase> {
  const found = await findReconciliationCase(db, caseId);
  if (!found) throw new DomainError('reconciliation_case_not_found', 'There is no such case.');
  return found;
}

/** Nobody is asked to approve what would be refused. */
function requireBookable(
  { state, caseNumber, differenceMinor }: ReconciliationCase,
  kind: (typeof MONEY_DECISIONS)[number]['kind'],
  decidedOn: number,
): void {
  if (state !== 'OPEN') throw new DomainError('case_not_open', 'The case is resolved.');
  if (caseNumber !== decidedOn)
    throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber });
  const difference = BigInt(differenceMinor);
  if (kind === 'accept_loss' && difference >= 0n)
    throw new DomainError('reconciliation_no_loss', 'The provider’s account lacks nothing because of this.', {
      differenceMinor,
    });
  if (kind === 'hold_gain' && difference <= 0n)
    throw new DomainError('reconciliation_no_gain', 'The provider’s account has nothing more because of this.', {
      differenceMinor,
    });
}

interface Who {
  readonly resourceId: string;
  readonly actor: string;
  readonly requestId: string;
}

async function decide(
  deps: ReconciliationApi,
  caseId: string,
  made: Omit<ReconciliationDecision, 'decisionId' | 'actor' | 'requestId'>,
  { resourceId: decisionId, actor, requestId }: Who,
): Promise<Reply> {
  await requireCase(deps, caseId);
  const decision: ReconciliationDecision = { ...made, decisionId, actor, requestId };
  const accepted = await decideCase(deps.temporal, {
    workflowId: reconciliationCaseId(caseId),
    update: RECONCILIATION_DECISIONS[made.kind],
    updateId: decisionId,
    args: [decision],
    budgetMs: deps.budgetMs,
    notOpen: 'case_not_open',
    isOpen: async () => (await findReconciliationCase(deps.db, caseId))?.state === 'OPEN',
  });
  if (!accepted) throw new DomainError('case_not_open', 'The case is resolved.');
  return { status: 200, body: await requireCase(deps, caseId) };
}
