import { z } from 'zod';
import { caseHistory } from '../../db/parked-cases.ts';
import { readFunding, type Funding } from '../../db/wallet/fund-wallet.ts';
import { listFundings } from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { parseMinor } from '../../domain/money.ts';
import { fundWalletId, RETRY_FUNDING, type FundingDecision } from '../../workflows/wallet/contract.ts';
import { uuid } from '../http/amounts.ts';
import { caseQuery } from '../http/case-query.ts';
import { decideCase } from '../http/decide-case.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import { presentIntents } from '../http/payment-intents.ts';
import type { GiveawayApi } from './dependencies.ts';
import { fundingState } from './fund-wallet.ts';

const params = z.object({ fundingId: uuid });

export const financeFundingRoutes = (deps: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/fundings',
    summary: 'Fundings for finance: by state, host, currency, reason and age; newest first',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, ...caseQuery, hostId: uuid.optional(), state: fundingState }),
    responses: { 200: { description: 'Fundings; those that need attention with their case and reason' } },
    handler: async ({ query }) => {
      const found = await listFundings(deps.db, { ...query, state: query.state?.toUpperCase() });
      return { status: 200, body: pageOf(found, query.limit, ({ fundingId }) => fundingId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/fundings/{fundingId}',
    summary: 'A funding, what the provider says of its charge now, and what happened to it',
    auth: 'finance.read',
    params,
    responses: { 200: { description: 'The funding; a provider that cannot be reached is an answer, too' } },
    handler: async ({ params: { fundingId } }) => {
      const funding = await requireFunding(deps, fundingId);
      const { amountMinor, state, failureCode, firstSentAt } = funding;
      const charge = { intentId: fundingId, amountMinor: parseMinor(amountMinor), state, failureCode };
      const intents = await presentIntents([{ ...charge, firstSentAt: new Date(firstSentAt) }], (id) =>
        deps.payments.findCharge(id),
      );
      const history = await caseHistory(deps.db, 'wallet_funding', fundingId);
      return { status: 200, body: { ...funding, intents, history } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/fundings/{fundingId}/retry',
    summary: 'Ask the provider again about a charge that nobody knows',
    auth: 'finance.decide',
    idempotent: true,
    params,
    body: z.object({ caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) }),
    responses: { 202: { description: 'Decided: the provider is asked; the case ends when it knows' } },
    handler: async ({ params: { fundingId }, body, resourceId, actor, requestId }) => {
      const { state, caseNumber } = await requireFunding(deps, fundingId);
      if (state !== 'NEEDS_ATTENTION') throw new DomainError('case_not_open', `The funding is ${state}.`, { state });
      if (caseNumber !== body.caseNumber)
        throw new DomainError('case_changed', 'The case has changed since you looked.', { caseNumber });
      const made: FundingDecision = { ...body, actor, requestId };
      const accepted = await decideCase(deps.temporal, {
        workflowId: fundWalletId(fundingId),
        update: RETRY_FUNDING,
        updateId: resourceId,
        args: [made],
        budgetMs: deps.budgetMs,
        notOpen: 'case_not_open',
        isOpen: async () => (await readFunding(deps.db, fundingId))?.state === 'NEEDS_ATTENTION',
      });
      if (!accepted) throw new DomainError('case_not_open', 'The funding does not wait for a decision.');
      return { status: 202, body: { fundingId, href: `/v1/finance/fundings/${fundingId}` } };
    },
  }),
];

async function requireFunding({ db }: GiveawayApi, fundingId: string): Promise<Funding> {
  const found = await readFunding(db, fundingId);
  if (!found) throw new DomainError('funding_not_found', 'There is no such funding.');
  return found;
}
