import type { Db } from '../connect.ts';
import type { Account } from './account.ts';

export interface Balance {
  /** Minor units on the account's normal side; what is pending in does not count. */
  readonly postedMinor: bigint;
  /** Posted less what is pending out: what may be spent now. */
  readonly availableMinor: bigint;
}

export interface BalanceRow {
  readonly id: string;
  readonly normal_side: 'debit' | 'credit';
  readonly debits_pending: bigint;
  readonly debits_posted: bigint;
  readonly credits_pending: bigint;
  readonly credits_posted: bigint;
}

const NONE: Balance = { postedMinor: 0n, availableMinor: 0n };

/** Balances in the order of the accounts asked for; an account that was never touched has nothing on it. */
export async function readBalances(db: Db, accounts: readonly Account[]): Promise<Balance[]> {
  return inOrder(accounts, await select(db, accounts));
}

const select = (db: Db, accounts: readonly Account[]) =>
  db<BalanceRow>('ledger_balances')
    .whereIn(
      'id',
      accounts.map(({ id }) => id),
    )
    .select('id', 'normal_side', 'debits_pending', 'debits_posted', 'credits_pending', 'credits_posted');

function inOrder(accounts: readonly Account[], rows: readonly BalanceRow[]): Balance[] {
  const byId = new Map(rows.map((row) => [row.id, toBalance(row)]));
  return accounts.map(({ id }) => byId.get(id) ?? NONE);
}

export function toBalance(row: BalanceRow): Balance {
  const credit = row.normal_side === 'credit';
  const postedMinor = credit ? row.credits_posted - row.debits_posted : row.debits_posted - row.credits_posted;
  return { postedMinor, availableMinor: postedMinor - (credit ? row.debits_pending : row.credits_pending) };
}
