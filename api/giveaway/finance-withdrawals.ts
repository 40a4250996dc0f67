import { z } from 'zod';
import { caseHistory, countCases } from '../../db/parked-cases.ts';
import {
  DISPUTE_CASES,
  findWithdrawal,
  FUNDING_CASES,
  listWithdrawalIntents,
  listWithdrawals,
  WITHDRAWAL_CASES,
} from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import { uuid } from '../http/amounts.ts';
import { caseQuery } from '../http/case-query.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import { presentIntents, retryOf } from '../http/payment-intents.ts';
import type { GiveawayApi } from './dependencies.ts';
import { withdrawalState } from './withdraw-wallet.ts';

export const financeWithdrawalRoutes = ({ db, payments }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/withdrawals',
    summary: 'Withdrawals for finance: by state, host, currency, reason and age; newest first',
    auth: 'finance.read',
    query: z.object({ ...pageQuery, ...caseQuery, hostId: uuid.optional(), state: withdrawalState }),
    responses: { 200: { description: 'Withdrawals with their case and reason' } },
    handler: async ({ query }) => {
      const found = await listWithdrawals(db, { ...query, state: query.state?.toUpperCase() });
      return { status: 200, body: pageOf(found, query.limit, ({ withdrawalId }) => withdrawalId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/withdrawals/{withdrawalId}',
    summary: 'A withdrawal, what the provider says of its payouts now, and what a retry would do',
    auth: 'finance.read',
    params: z.object({ withdrawalId: uuid }),
    responses: { 200: { description: 'The withdrawal; a provider that cannot be reached is an answer, too' } },
    handler: async ({ params: { withdrawalId } }) => {
      const withdrawal = await findWithdrawal(db, withdrawalId);
      if (!withdrawal) throw new DomainError('withdrawal_not_found', 'There is no such withdrawal.');
      const asked = await listWithdrawalIntents(db, withdrawalId);
      const intents = await presentIntents(asked, (id) => payments.findTransfer(id));
      const retry = retryOf(withdrawal.state === 'NEEDS_ATTENTION', intents);
      const history = await caseHistory(db, 'wallet_withdrawal', withdrawalId);
      return { status: 200, body: { ...withdrawal, intents, retry, history } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/case-counts',
    summary: 'How many withdrawals, fundings and disputes wait for a person, by reason and currency',
    auth: 'finance.read',
    responses: { 200: { description: 'Counts with their amounts, and since when the oldest waits' } },
    handler: async () => {
      const [withdrawals, fundings, disputes] = await Promise.all([
        countCases(db, WITHDRAWAL_CASES),
        countCases(db, FUNDING_CASES),
        countCases(db, DISPUTE_CASES),
      ]);
      return { status: 200, body: { withdrawals, fundings, disputes } };
    },
  }),
];
