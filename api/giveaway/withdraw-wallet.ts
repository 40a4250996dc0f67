import { z } from 'zod';
import { setPayoutAccount } from '../../db/wallet/payout-account.ts';
import { findWithdrawal, listWithdrawals } from '../../db/wallet/queries.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  AWAIT_WITHDRAWAL,
  WALLET_TASK_QUEUE,
  WITHDRAW_WALLET,
  withdrawWalletId,
  type WithdrawalView,
  type WithdrawWalletInput,
} from '../../workflows/wallet/contract.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiveawayApi } from './dependencies.ts';

export const withdrawalSchema = z.object({
  withdrawalId: uuid,
  hostId: uuid,
  currency: z.string(),
  amountMinor: z.string(),
  feeMinor: z.string(),
  paidMinor: z.string(),
  state: z.enum(['PAYING', 'WAITING_FOR_BALANCE', 'NEEDS_ATTENTION', 'SUCCEEDED', 'FAILED', 'RETURNED']),
  failureCode: z.string().nullable(),
  caseNumber: z.int(),
  createdAt: z.string(),
});

export const withdrawalState = z
  .enum(['paying', 'waiting_for_balance', 'needs_attention', 'succeeded', 'failed', 'returned'])
  .optional();

export const withdrawWalletRoutes = ({ db, temporal, budgetMs }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'put',
    path: '/v1/wallet/{currency}/payout-account',
    summary: 'Where my money goes: an account of mine at the payment provider',
    auth: 'wallet.withdraw',
    params: z.object({ currency }),
    body: z.object({ payoutAccount: z.string().trim().min(1).max(120) }),
    responses: { 200: { description: 'Set' } },
    handler: async ({ params, body, principal, actor, requestId }) => {
      await setPayoutAccount(db, { ...params, ...body, hostId: principal.userId }, { actor, requestId });
      return { status: 200, body: { ...params, ...body } };
    },
  }),
  defineRoute({
    method: 'post',
    path: '/v1/wallet/withdrawals',
    summary: 'Withdraw money of the wallet to its payout account',
    auth: 'wallet.withdraw',
    idempotent: true,
    body: z.object({ amountMinor, currency }),
    responses: {
      201: { description: 'Set aside and on its way; `state` says how far it is', schema: withdrawalSchema },
      202: { description: 'Being worked on: look again at the link' },
    },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const input: WithdrawWalletInput = {
        withdrawalId: resourceId,
        hostId: principal.userId,
        currency: body.currency,
        amountMinor: body.amountMinor.toString(),
        actor,
        requestId,
      };
      const answer = await startAndAwait<WithdrawalView>(temporal, {
        workflowType: WITHDRAW_WALLET,
        workflowId: withdrawWalletId(resourceId),
        taskQueue: WALLET_TASK_QUEUE,
        args: [input],
        update: AWAIT_WITHDRAWAL,
        summary: `Withdraw ${input.amountMinor} ${input.currency} of host ${input.hostId}`,
        searchAttributes: { HostId: input.hostId, RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      const headers = { location: `/v1/wallet/withdrawals/${resourceId}` };
      if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
      return { status: 202, body: { withdrawalId: resourceId, href: headers.location }, headers };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/withdrawals',
    summary: 'My withdrawals, newest first',
    auth: 'wallet.read',
    query: z.object({ ...pageQuery, currency: currency.optional(), state: withdrawalState }),
    responses: { 200: { description: 'Withdrawals' } },
    handler: async ({ query, principal }) => {
      const found = await listWithdrawals(db, {
        ...query,
        state: query.state?.toUpperCase(),
        hostId: principal.userId,
      });
      return { status: 200, body: pageOf(found, query.limit, ({ withdrawalId }) => withdrawalId) };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/withdrawals/{withdrawalId}',
    summary: 'One withdrawal',
    auth: 'wallet.read',
    params: z.object({ withdrawalId: uuid }),
    responses: { 200: { description: 'The withdrawal', schema: withdrawalSchema } },
    handler: async ({ params, principal }) => {
      const found = await findWithdrawal(db, params.withdrawalId);
      if (found?.hostId !== principal.userId)
        throw new DomainError('withdrawal_not_found', 'There is no such withdrawal of yours.');
      return { status: 200, body: withdrawalSchema.parse(found) };
    },
  }),
];
