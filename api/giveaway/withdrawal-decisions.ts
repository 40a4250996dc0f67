import { z } from 'zod';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { findWithdrawal } from '../../db/wallet/queries.ts';
import type { Withdrawal } from '../../db/wallet/withdraw-wallet.ts';
import { DomainError } from '../../domain/errors.ts';
import { DECIDE_WITHDRAWAL, withdrawWalletId, type WithdrawalDecision } from '../../workflows/wallet/contract.ts';
import { uuid } from '../http/amounts.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const withdrawalId = z.object({ withdrawalId: uuid });
const decision = z.object({ caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) });

export const withdrawalDecisionRoutes = (deps: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/withdrawals/{withdrawalId}/retry',
    summary: 'Ask the provider again about a withdrawal whose payout nobody knows',
    auth: 'finance.decide',
    idempotent: true,
    params: withdrawalId,
    body: decision,
    responses: { 202: { description: 'Decided: the withdrawal goes on' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      await requireCase(deps, params.withdrawalId, body.caseNumber);
      return decide(deps, params.withdrawalId, resourceId, { kind: 'retry', ...body, actor, requestId });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/withdrawals/{withdrawalId}/give-back',
    summary: 'The provider’s files lack the payout: the wallet gets its money back. Takes two people',
    auth: 'finance.decide',
    idempotent: true,
    params: withdrawalId,
    body: decision,
    responses: {
      202: { description: 'Decided by two people: the withdrawal fails, the money is the wallet’s' },
      200: { description: 'Asked for: another person has to ask for the same' },
    },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      await requireCase(deps, params.withdrawalId, body.caseNumber);
      const subject = { subjectType: 'withdrawal', subjectId: params.withdrawalId, kind: 'give_back' } as const;
      const status = await secondDecision(
        deps.db,
        { decisionId: resourceId, ...subject, ...body },
        { actor, requestId },
      );
      if (!status.approved) return { status: 200, body: { ...status, ...params } };
      return decide(deps, params.withdrawalId, resourceId, { kind: 'give_back', ...body, actor, requestId });
    },
  }),
];

async function requireCase({ db }: GiveawayApi, id: string, caseNumber: number): Promise<Withdrawal> {
  const found = await findWithdrawal(db, id);
  if (!found) throw new DomainError('withdrawal_not_found', 'There is no such withdrawal.');
  if (found.state !== 'NEEDS_ATTENTION')
    throw new DomainError('case_not_open', `The withdrawal is ${found.state}.`, { state: found.state });
  if (found.caseNumber !== caseNumber)
    throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber: found.caseNumber });
  return found;
}

async function decide(
  { db, temporal, budgetMs }: GiveawayApi,
  id: string,
  updateId: string,
  made: WithdrawalDecision,
): Promise<Reply> {
  const accepted = await decideCase(temporal, {
    workflowId: withdrawWalletId(id),
    update: DECIDE_WITHDRAWAL,
    updateId,
    args: [made],
    budgetMs,
    notOpen: 'case_not_open',
    isOpen: async () => (await findWithdrawal(db, id))?.state === 'NEEDS_ATTENTION',
  });
  if (!accepted) throw new DomainError('case_not_open', 'The withdrawal does not wait for a decision.');
  return { status: 202, body: { withdrawalId: id, href: `/v1/wallet/withdrawals/${id}` } };
}
