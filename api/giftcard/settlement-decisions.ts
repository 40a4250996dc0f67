import { z } from 'zod';
import type { Settlement } from '../../db/giftcard/model.ts';
import { findSettlement } from '../../db/giftcard/queries.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { DomainError } from '../../domain/errors.ts';
import { SETTLEMENT_DECISIONS, type SettlementDecision } from '../../workflows/giftcard/settlement.contract.ts';
import { uuid } from '../http/amounts.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const settlementId = z.object({ settlementId: uuid });
const decided = { caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) };

export const settlementDecisionRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlements/{settlementId}/retry',
    summary: 'Try a parked settlement again, as a new intent',
    auth: 'finance.decide',
    idempotent: true,
    params: settlementId,
    body: z.object(decided),
    responses: { 202: { description: 'Decided: the settlement goes on' } },
    handler: async ({ params, body, resourceId, actor, requestId }) =>
      decide(deps, await requireSettlement(deps, params.settlementId), {
        ...body,
        kind: 'retry',
        decisionId: resourceId,
        actor,
        requestId,
      }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlements/{settlementId}/amend',
    summary: 'Try a parked settlement again, to another account',
    auth: 'finance.decide',
    idempotent: true,
    params: settlementId,
    body: z.object({ ...decided, payoutAccount: z.string().trim().min(1).max(120) }),
    responses: { 202: { description: 'Decided: the settlement goes on' } },
    handler: async ({ params, body, resourceId, actor, requestId }) =>
      decide(deps, await requireSettlement(deps, params.settlementId), {
        ...body,
        kind: 'amend',
        decisionId: resourceId,
        actor,
        requestId,
      }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlements/{settlementId}/write-off',
    summary: 'Give the merchant’s payout up; it is owed still, as unclaimed. Takes two people',
    auth: 'finance.decide',
    idempotent: true,
    params: settlementId,
    body: z.object(decided),
    responses: {
      202: { description: 'Decided by two people: the settlement goes on with the platform’s leg' },
      200: { description: 'Asked for: another person has to ask for the same' },
    },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const settlement = await requireSettlement(deps, params.settlementId);
      requireCase(settlement, body.caseNumber);
      const status = await secondDecision(
        deps.db,
        { decisionId: resourceId, subjectType: 'settlement', subjectId: settlement.id, kind: 'write_off', ...body },
        { actor, requestId },
      );
      if (!status.approved) return { status: 200, body: { ...status, settlementId: settlement.id } };
      return decide(deps, settlement, { ...body, kind: 'write_off', decisionId: resourceId, actor, requestId });
    },
  }),
];

async function requireSettlement({ db }: GiftcardApi, id: string): Promise<Settlement> {
  const settlement = await findSettlement(db, id);
  if (!settlement) throw new DomainError('settlement_not_found', 'There is no such settlement.');
  return settlement;
}

function requireCase({ state, case_number: open }: Settlement, caseNumber: number): void {
  if (state !== 'NEEDS_ATTENTION')
    throw new DomainError('settlement_not_parked', `The settlement is ${state}.`, { state });
  if (open !== caseNumber)
    throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber: open });
}

async function decide(
  { db, temporal, budgetMs }: GiftcardApi,
  { id, workflow_id: workflowId }: Settlement,
  decision: SettlementDecision,
): Promise<Reply> {
  const find = () => findSettlement(db, id);
  const accepted = await decideCase(temporal, {
    workflowId,
    update: SETTLEMENT_DECISIONS[decision.kind],
    updateId: decision.decisionId,
    args: [decision],
    budgetMs,
    notOpen: 'settlement_not_parked',
    isOpen: async () => (await find())?.state === 'NEEDS_ATTENTION',
  });
  if (!accepted) {
    const { state = 'SETTLED' } = (await find()) ?? {};
    throw new DomainError('settlement_not_parked', `The settlement is ${state}.`, { state });
  }
  return { status: 202, body: { settlementId: id, href: `/v1/settlements/${id}` } };
}
