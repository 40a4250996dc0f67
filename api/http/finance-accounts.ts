import { z } from 'zod';
import type { Database, Db } from '../../db/connect.ts';
import { findAccount, listAccounts, type LedgerAccount } from '../../db/ledger/find-accounts.ts';
import { reverseTransfer } from '../../db/ledger/reverse-transfer.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  balanceQuery,
  balanceReply,
  balanceSchema,
  csvQuery,
  statementCsvReply,
  statementQuery,
  statementReply,
  statementSchema,
} from './account-statement.ts';
import { currency, uuid } from './amounts.ts';
import { defineRoute, type Route } from './define-route.ts';
import { pageOf, pageQuery } from './paging.ts';

const accountId = z.object({ accountId: uuid });
const account = z.object({
  accountId: z.string(),
  type: z.string(),
  ownerId: z.string(),
  currency: z.string(),
  normalSide: z.enum(['debit', 'credit']),
  balanceMinor: z.string(),
  availableMinor: z.string(),
});

/** What finance reads in the ledger of either service, and what it may book back there by hand. */
export const financeAccountRoutes = ({ db }: { readonly db: Database }): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/accounts',
    summary: 'Accounts of this book with their balances, by type, owner and currency',
    auth: 'finance.read',
    query: z.object({
      ...pageQuery,
      type: z.string().max(60).optional(),
      currency: currency.optional(),
      ownerId: z.string().max(60).optional(),
    }),
    responses: {
      200: { description: 'Accounts', schema: z.object({ data: z.array(account), next: uuid.nullable() }) },
    },
    handler: async ({ query }) => ({
      status: 200,
      body: pageOf((await listAccounts(db, query)).map(present), query.limit, ({ accountId: id }) => id),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/accounts/{accountId}/balance',
    summary: 'The posted balance of an account at a time, also as it was known then',
    auth: 'finance.read',
    params: accountId,
    query: balanceQuery,
    responses: { 200: { description: 'The balance', schema: balanceSchema } },
    handler: async ({ params, query }) => balanceReply(db, await requireAccount(db, params.accountId), query),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/accounts/{accountId}/statement',
    summary: 'Entries of an account, oldest first, with the running balance',
    auth: 'finance.read',
    params: accountId,
    query: statementQuery,
    responses: { 200: { description: 'Entries', schema: statementSchema } },
    handler: async ({ params, query }) => statementReply(db, await requireAccount(db, params.accountId), query),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/accounts/{accountId}/statement.csv',
    summary: 'Entries of an account as CSV',
    auth: 'finance.read',
    params: accountId,
    query: csvQuery,
    responses: { 200: { description: 'CSV with a header' } },
    handler: async ({ params, query }) => statementCsvReply(db, await requireAccount(db, params.accountId), query),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/transfers/{transferId}/reverse',
    summary: 'Take a booking by hand back, by a new transfer that names it',
    auth: 'finance.decide',
    idempotent: true,
    params: z.object({ transferId: uuid }),
    body: z.object({ reason: z.string().trim().min(3).max(500), backdated: z.boolean().default(false) }),
    responses: { 201: { description: 'Reversed' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const input = { ...body, transferId: params.transferId, reversalId: resourceId };
      return { status: 201, body: await reverseTransfer(db, input, { actor, requestId }) };
    },
  }),
];

async function requireAccount(db: Db, id: string): Promise<string> {
  if (!(await findAccount(db, id))) throw new DomainError('ledger_account_not_found', 'There is no such account.');
  return id;
}

const present = (found: LedgerAccount): z.input<typeof account> => ({
  accountId: found.id,
  type: found.type,
  ownerId: found.ownerId,
  currency: found.currency,
  normalSide: found.normalSide,
  balanceMinor: found.postedMinor.toString(),
  availableMinor: found.availableMinor.toString(),
});
