import { z } from 'zod';
import { requireMerchant } from '../../db/giftcard/register-merchant.ts';
import { account } from '../../db/ledger/account.ts';
import {
  balanceQuery,
  balanceReply,
  balanceSchema,
  csvQuery,
  statementCsvReply,
  statementQuery,
  statementReply,
  statementSchema,
} from '../http/account-statement.ts';
import { currency, uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const merchantWallet = z.object({ merchantId: uuid, currency });

/** What a merchant earned and was paid: the account of what we owe it. */
export function merchantStatementRoutes({ db }: GiftcardApi): Route[] {
  const payable = async (params: z.output<typeof merchantWallet>, ownerId: string): Promise<string> => {
    await requireMerchant(db, params.merchantId, ownerId);
    return account('merchant:payable', params.merchantId, params.currency).id;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/v1/merchants/{merchantId}/wallet/{currency}/statement',
      summary: 'What my shop earned and was paid, oldest first, with the running balance',
      auth: 'merchant.manage',
      params: merchantWallet,
      query: statementQuery,
      responses: { 200: { description: 'Entries', schema: statementSchema } },
      handler: async ({ params, query, principal }) =>
        statementReply(db, await payable(params, principal.userId), query),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/merchants/{merchantId}/wallet/{currency}/statement.csv',
      summary: 'What my shop earned and was paid, as CSV',
      auth: 'merchant.manage',
      params: merchantWallet,
      query: csvQuery,
      responses: { 200: { description: 'CSV with a header' } },
      handler: async ({ params, query, principal }) =>
        statementCsvReply(db, await payable(params, principal.userId), query),
    }),
    defineRoute({
      method: 'get',
      path: '/v1/merchants/{merchantId}/wallet/{currency}/balance',
      summary: 'What my shop was owed at a time',
      auth: 'merchant.manage',
      params: merchantWallet,
      query: balanceQuery,
      responses: { 200: { description: 'The balance', schema: balanceSchema } },
      handler: async ({ params, query, principal }) => balanceReply(db, await payable(params, principal.userId), query),
    }),
  ];
}
