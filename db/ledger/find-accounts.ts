import type { Db } from '../connect.ts';
import type { AccountType } from './account.ts';
import { toBalance, type Balance, type BalanceRow } from './balances.ts';

export interface LedgerAccount extends Balance {
  readonly id: string;
  readonly type: AccountType;
  readonly ownerId: string;
  readonly currency: string;
  readonly normalSide: 'debit' | 'credit';
}

export interface AccountFilter {
  readonly type?: string | undefined;
  readonly currency?: string | undefined;
  readonly ownerId?: string | undefined;
  readonly limit: number;
  /** The id of the last account of the page before. */
  readonly after?: string | undefined;
}

interface AccountRow extends BalanceRow {
  readonly type: AccountType;
  readonly owner_id: string;
  readonly currency: string;
}

const COLUMNS = [
  'id',
  'type',
  'owner_id',
  'currency',
  'normal_side',
  'debits_pending',
  'debits_posted',
  'credits_pending',
  'credits_posted',
] as const;

/** Accounts with their balances, by type, owner and currency; one more than the limit where there is another page. */
export async function listAccounts(db: Db, filter: AccountFilter): Promise<LedgerAccount[]> {
  const { type, currency, ownerId, limit, after } = filter;
  const query = db<AccountRow>('ledger_balances')
    .orderBy(['type', 'owner_id', 'currency'])
    .limit(limit + 1);
  const wanted = Object.entries({ type, currency, owner_id: ownerId }).filter(([, value]) => value !== undefined);
  void query.where(Object.fromEntries(wanted));
  if (after !== undefined)
    void query.whereRaw(
      '(type, owner_id, currency) > (select p.type, p.owner_id, p.currency from ledger_accounts p where p.id = ?)',
      [after],
    );
  return (await query.select(...COLUMNS)).map(toAccount);
}

export async function findAccount(db: Db, id: string): Promise<LedgerAccount | undefined> {
  const row = await db<AccountRow>('ledger_balances')
    .where({ id })
    .first(...COLUMNS);
  return row && toAccount(row);
}

const toAccount = (row: AccountRow): LedgerAccount => ({
  id: row.id,
  type: row.type,
  ownerId: row.owner_id,
  currency: row.currency,
  normalSide: row.normal_side,
  ...toBalance(row),
});
