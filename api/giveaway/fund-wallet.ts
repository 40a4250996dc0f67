import { z } from 'zod';
import { readFunding } from '../../db/wallet/fund-wallet.ts';
import { listFundings } from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  AWAIT_FUNDED,
  FUND_WALLET,
  fundWalletId,
  WALLET_TASK_QUEUE,
  type FundingView,
} from '../../workflows/wallet/contract.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiveawayApi } from './dependencies.ts';

const funding = z.object({
  fundingId: uuid,
  state: z.enum(['PENDING', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION']),
  amountMinor: z.string(),
  currency: z.string(),
  feeMinor: z.string().nullable(),
  failureCode: z.string().nullable(),
});

export const fundingState = z.enum(['pending', 'succeeded', 'failed', 'needs_attention']).optional();

export const fundWalletRoutes = ({ db, temporal, budgetMs }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/wallet/fundings',
    summary: 'Fund the wallet from a means of payment',
    auth: 'wallet.fund',
    idempotent: true,
    body: z.object({ amountMinor, currency, source: z.string().min(1).max(200) }),
    responses: {
      201: { description: 'Credited', schema: funding },
      202: { description: 'The provider has not answered yet: look again at the link' },
    },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const answer = await startAndAwait<FundingView>(temporal, {
        workflowType: FUND_WALLET,
        workflowId: fundWalletId(resourceId),
        taskQueue: WALLET_TASK_QUEUE,
        args: [
          {
            ...body,
            amountMinor: body.amountMinor.toString(),
            fundingId: resourceId,
            hostId: principal.userId,
            actor,
            requestId,
          },
        ],
        update: AWAIT_FUNDED,
        summary: `Fund wallet of host ${principal.userId} with ${body.amountMinor} ${body.currency}`,
        searchAttributes: { HostId: principal.userId, RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      const location = `/v1/wallet/fundings/${resourceId}`;
      if (answer.kind === 'answered') return { status: 201, body: answer.value, headers: { location } };
      return { status: 202, body: { fundingId: resourceId, href: location }, headers: { location } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/fundings/{fundingId}',
    summary: 'One funding',
    auth: 'wallet.read',
    params: z.object({ fundingId: uuid }),
    responses: { 200: { description: 'The funding', schema: funding } },
    handler: async ({ params, principal }) => {
      const found = await readFunding(db, params.fundingId);
      if (!found || found.hostId !== principal.userId)
        throw new DomainError('funding_not_found', 'There is no such funding of yours.');
      return { status: 200, body: funding.parse(found) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/fundings',
    summary: 'My fundings, newest first',
    auth: 'wallet.read',
    query: z.object({ ...pageQuery, currency: currency.optional(), state: fundingState }),
    responses: { 200: { description: 'Fundings' } },
    handler: async ({ query, principal }) => {
      const wanted = { ...query, state: query.state?.toUpperCase(), hostId: principal.userId };
      const found = await listFundings(db, wanted);
      return { status: 200, body: pageOf(found, query.limit, ({ fundingId }) => fundingId) };
    },
  }),
];
