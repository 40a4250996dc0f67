import { z } from 'zod';
import { secondDecision } from '../../db/platform/second-decision.ts';
import { requireWholeDebt, writeOffDispute, type Dispute } from '../../db/wallet/dispute-funding.ts';
import { findDispute, listDisputes } from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { disputeFundingId, RESOLVE_DISPUTE, type DisputeResolution } from '../../workflows/wallet/contract.ts';
import { currency, uuid } from '../http/amounts.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiveawayApi } from './dependencies.ts';

const disputeId = z.object({ disputeId: uuid });
const decision = { caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) };
const disputeQuery = z.object({
  ...pageQuery,
  currency: currency.optional(),
  state: z.enum(['open', 'won', 'lost', 'written_off']).optional(),
});

export const disputeFundingRoutes = ({ db, temporal, budgetMs }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/wallet/disputes',
    summary: 'Disputed charges of my wallet, newest first',
    auth: 'wallet.read',
    query: disputeQuery,
    responses: { 200: { description: 'Disputes' } },
    handler: async ({ query, principal }) => {
      const filter = { ...query, state: query.state?.toUpperCase(), hostId: principal.userId };
      return { status: 200, body: pageOf(await listDisputes(db, filter), query.limit, ({ disputeId: id }) => id) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/disputes',
    summary: 'Disputed charges of all hosts, newest first',
    auth: 'finance.read',
    query: disputeQuery.extend({ hostId: uuid.optional() }),
    responses: { 200: { description: 'Disputes with their case' } },
    handler: async ({ query }) => {
      const filter = { ...query, state: query.state?.toUpperCase() };
      return { status: 200, body: pageOf(await listDisputes(db, filter), query.limit, ({ disputeId: id }) => id) };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/disputes/{disputeId}/resolve',
    summary: 'Say how a dispute ended: won, and the money is back; or lost, and the host owes what the wallet lacked',
    auth: 'finance.decide',
    idempotent: true,
    params: disputeId,
    body: z.object({ ...decision, outcome: z.enum(['won', 'lost']) }),
    responses: { 202: { description: 'Decided: booked, and what was frozen for it is free again' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const dispute = await requireDispute(db, params.disputeId);
      const outcome = body.outcome === 'won' ? 'WON' : 'LOST';
      if (outcome === 'WON' && dispute.state === 'OPEN') await requireWholeDebt(db, dispute.disputeId);
      const made: DisputeResolution = { ...body, outcome, actor, requestId };
      const workflowId = disputeFundingId(dispute.disputeId);
      const update = { workflowId, update: RESOLVE_DISPUTE, updateId: resourceId, args: [made], budgetMs };
      const isOpen = async () => (await findDispute(db, dispute.disputeId))?.state === 'OPEN';
      if (!(await decideCase(temporal, { ...update, notOpen: 'case_not_open', isOpen })))
        throw new DomainError('case_not_open', `The dispute is ${dispute.state}.`, { state: dispute.state });
      return { status: 202, body: { disputeId: dispute.disputeId } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/disputes/{disputeId}/write-off',
    summary: 'Give up what the host owes for a lost dispute: takes two people',
    auth: 'finance.decide',
    idempotent: true,
    params: disputeId,
    body: z.object(decision),
    responses: {
      201: { description: 'Written off by two people' },
      200: { description: 'Asked for: another person has to ask for the same' },
    },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const dispute = await requireDispute(db, params.disputeId);
      requireDebt(dispute, body.caseNumber);
      const subject = { subjectType: 'dispute', subjectId: dispute.disputeId, kind: 'write_off' } as const;
      const cause = { actor, requestId };
      const status = await secondDecision(db, { decisionId: resourceId, ...subject, ...body }, cause);
      if (!status.approved) return { status: 200, body: { ...status, ...params } };
      return { status: 201, body: await writeOffDispute(db, { ...params, ...body }, cause) };
    },
  }),
];

async function requireDispute(db: GiveawayApi['db'], id: string): Promise<Dispute> {
  const found = await findDispute(db, id);
  if (!found) throw new DomainError('dispute_not_found', 'There is no such dispute.');
  return found;
}

/** Nobody is asked to approve what would be refused; a repeat after the write-off finds it done. */
function requireDebt({ state, receivableMinor, caseNumber }: Dispute, decidedOn: number): void {
  if (caseNumber !== decidedOn)
    throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber });
  if (state !== 'WRITTEN_OFF' && (state !== 'LOST' || receivableMinor === '0'))
    throw new DomainError('case_not_open', 'Nothing is owed for this dispute.', { state });
}
