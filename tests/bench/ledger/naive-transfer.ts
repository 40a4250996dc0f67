import type pg from 'pg';
import { query } from '../../../scripts/stack/postgres.ts';

/**
 * The peer of the hot account: a transfer as an ordinary developer writes it, without this project's knowledge. Six
 * round trips, the rows locked first and in one order, so that it is right and does not deadlock.
 */
const TABLES = `
create table accounts (id uuid primary key, balance_minor bigint not null check (balance_minor >= 0));
create table transfers (
  id uuid primary key,
  debit_account_id uuid not null references accounts,
  credit_account_id uuid not null references accounts,
  amount_minor bigint not null check (amount_minor > 0),
  created_at timestamptz not null default now()
);
create index transfers_debit on transfers (debit_account_id, created_at);
create index transfers_credit on transfers (credit_account_id, created_at);`;

export async function createNaiveLedger(
  url: string,
  accountIds: readonly string[],
  balanceMinor: bigint,
): Promise<void> {
  await query(url, TABLES);
  const rows = accountIds.map((id) => `('${id}', ${balanceMinor})`).join(',');
  await query(url, `insert into accounts (id, balance_minor) values ${rows}`);
}

export interface NaiveTransfer {
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountMinor: bigint;
}

export async function naiveTransfer(pool: pg.Pool, { id, debit, credit, amountMinor }: NaiveTransfer): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('begin');
    const { rows } = await client.query<{ id: string; balance_minor: string }>(
      'select id, balance_minor from accounts where id in ($1, $2) order by id for update',
      [debit, credit],
    );
    const balance = rows.find((row) => row.id === debit)?.balance_minor;
    if (balance === undefined || BigInt(balance) < amountMinor) throw new Error('insufficient balance');
    await client.query(
      'insert into transfers (id, debit_account_id, credit_account_id, amount_minor) values ($1, $2, $3, $4)',
      [id, debit, credit, amountMinor],
    );
    await client.query('update accounts set balance_minor = balance_minor - $1 where id = $2', [amountMinor, debit]);
    await client.query('update accounts set balance_minor = balance_minor + $1 where id = $2', [amountMinor, credit]);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback');
    throw error;
  } finally {
    client.release();
  }
}
