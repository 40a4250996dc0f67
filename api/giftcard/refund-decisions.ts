import { z } from 'zod';
import { findRefund } from '../../db/giftcard/refund-redemption.ts';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  DECIDE_REFUND,
  refundRedemptionId,
  type RefundDecision,
} from '../../workflows/giftcard/settlement.contract.ts';
import { uuid } from '../http/amounts.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Reply, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const refundId = z.object({ refundId: uuid });
const decision = z.object({ caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) });

export const refundDecisionRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/finance/refunds/{refundId}/retry',
    summary: 'Have the provider take a refund’s money back again, as a new intent',
    auth: 'finance.decide',
    idempotent: true,
    params: refundId,
    body: decision,
    responses: { 202: { description: 'Decided: the refund goes on' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      await requireRefund(deps, params.refundId);
      return decide(deps, params.refundId, resourceId, { kind: 'retry', ...body, actor, requestId });
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/refunds/{refundId}/honour',
    summary: 'Lend the merchant’s part, so that the card gets its value: takes two people',
    auth: 'finance.decide',
    idempotent: true,
    params: refundId,
    body: decision,
    responses: {
      202: { description: 'Decided by two people: the refund goes on' },
      200: { description: 'Asked for: another person has to ask for the same' },
    },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const refund = await requireRefund(deps, params.refundId);
      if (refund.state !== 'WAITING_FOR_MERCHANT')
        throw new DomainError('case_not_open', `The refund is ${refund.state}.`, { state: refund.state });
      if (refund.caseNumber !== body.caseNumber)
        throw new DomainError('case_changed', 'The case has changed since you looked.', {
          caseNumber: refund.caseNumber,
        });
      const status = await secondDecision(
        deps.db,
        { decisionId: resourceId, subjectType: 'refund', subjectId: params.refundId, kind: 'honour', ...body },
        { actor, requestId },
      );
      if (!status.approved) return { status: 200, body: { ...status, refundId: params.refundId } };
      return decide(deps, params.refundId, resourceId, { kind: 'honour', ...body, actor, requestId });
    },
  }),
];

async function requireRefund({ db }: GiftcardApi, id: string) {
  const refund = await findRefund(db, id);
  if (!refund) throw new DomainError('refund_not_found', 'There is no such refund.');
  return refund;
}

async function decide(
  { db, temporal, budgetMs }: GiftcardApi,
  id: string,
  updateId: string,
  made: RefundDecision,
): Promise<Reply> {
  const accepted = await decideCase(temporal, {
    workflowId: refundRedemptionId(id),
    update: DECIDE_REFUND,
    updateId,
    args: [made],
    budgetMs,
    notOpen: 'case_not_open',
    isOpen: async () => (await findRefund(db, id))?.state === 'WAITING_FOR_MERCHANT',
  });
  if (!accepted) throw new DomainError('case_not_open', 'The refund does not wait for a decision.');
  return { status: 202, body: { refundId: id, href: `/v1/refunds/${id}` } };
}
