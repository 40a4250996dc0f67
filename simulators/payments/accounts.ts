import type { DatabaseSync } from 'node:sqlite';

export function openAccount(db: DatabaseSync, id: string): void {
  db.prepare('insert into accounts (id) values (?) on conflict do nothing').run(id);
}

export function setAccountState(db: DatabaseSync, id: string, state: 'open' | 'closed'): void {
  openAccount(db, id);
  db.prepare('update accounts set state = ? where id = ?').run(state, id);
}

export const isOpen = (db: DatabaseSync, id: string): boolean =>
  db.prepare('select state from accounts where id = ?').get(id)?.['state'] === 'open';

export function balanceOf(db: DatabaseSync, account: string, currency: string): bigint {
  const statement = db.prepare('select amount from balances where account = ? and currency = ?');
  statement.setReadBigInts(true);
  return (statement.get(account, currency)?.['amount'] as bigint | undefined) ?? 0n;
}

export function credit(db: DatabaseSync, account: string, currency: string, amount: bigint): void {
  db.prepare(
    'insert into balances (account, currency, amount) values (?, ?, ?) on conflict (account, currency) do update set amount = amount + excluded.amount',
  ).run(account, currency, amount);
}

export interface AccountView {
  readonly id: string;
  readonly state: string;
  readonly balances: Readonly<Record<string, string>>;
}

export function viewAccount(db: DatabaseSync, id: string): AccountView | undefined {
  const account = db.prepare('select id, state from accounts where id = ?').get(id);
  if (!account) return undefined;
  const statement = db.prepare('select currency, amount from balances where account = ? order by currency');
  statement.setReadBigInts(true);
  const balances = Object.fromEntries(statement.all(id).map((row) => [String(row['currency']), String(row['amount'])]));
  return { id, state: String(account['state']), balances };
}
