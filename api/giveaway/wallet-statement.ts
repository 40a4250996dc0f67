import { z } from 'zod';
import { walletAccounts } from '../../db/wallet/accounts.ts';
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
import { currency } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

const inCurrency = z.object({ currency });
const walletOf = (hostId: string, { currency: code }: z.output<typeof inCurrency>): string =>
  walletAccounts(hostId, code).wallet.id;

export const walletStatementRoutes = ({ db }: GiveawayApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/wallet/{currency}/statement',
    summary: 'Entries of my wallet, oldest first, with the running balance',
    auth: 'wallet.read',
    params: inCurrency,
    query: statementQuery,
    responses: { 200: { description: 'Entries', schema: statementSchema } },
    handler: ({ params, query, principal }) => statementReply(db, walletOf(principal.userId, params), query),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/{currency}/statement.csv',
    summary: 'Entries of my wallet as CSV',
    auth: 'wallet.read',
    params: inCurrency,
    query: csvQuery,
    responses: { 200: { description: 'CSV with a header' } },
    handler: ({ params, query, principal }) =>
      Promise.resolve(statementCsvReply(db, walletOf(principal.userId, params), query)),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/wallet/{currency}/balance',
    summary: 'The balance of my wallet at a time',
    auth: 'wallet.read',
    params: inCurrency,
    query: balanceQuery,
    responses: { 200: { description: 'The balance', schema: balanceSchema } },
    handler: ({ params, query, principal }) => balanceReply(db, walletOf(principal.userId, params), query),
  }),
];
