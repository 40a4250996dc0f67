import type { Db } from '../connect.ts';

export interface InvariantCheck {
  readonly invariant: string;
  /** A database, or a database and a currency. */
  readonly book: string;
  readonly checked: number;
  readonly broken: number;
}

/** The rows of a query of the audit. */
export async function auditRows<T>(db: Db, sql: string): Promise<T[]> {
  const result: unknown = await db.raw(sql);
  return (result as { rows: T[] }).rows;
}

/** One query that counts what it looked at and what it found broken. */
export async function checkInvariant(db: Db, book: string, invariant: string, sql: string): Promise<InvariantCheck> {
  const result = await db.raw(sql);
  const [row] = (result as { rows: [{ checked: bigint | number; broken: bigint | number }] }).rows;
  return { invariant, book, checked: Number(row.checked), broken: Number(row.broken) };
}

/** Debits less credits of all posted transfers, by currency: always "0". */
export async function bookSums(db: Db): Promise<Record<string, string>> {
  const result = await db.raw(
    'select currency, (sum(debits_posted) - sum(credits_posted))::text as sum from ledger_balances group by currency order by currency',
  );
  return Object.fromEntries(
    (result as { rows: { currency: string; sum: string }[] }).rows.map(({ currency, sum }) => [currency, sum]),
  );
}

const CHECKS: Readonly<Record<string, string>> = {
  'transfers sum to zero per currency': `
    select count(*) as checked, count(*) filter (where posted <> 0 or pending <> 0) as broken from (
      select currency, sum(debits_posted) - sum(credits_posted) as posted, sum(debits_pending) - sum(credits_pending) as pending
      from ledger_balances group by currency) b`,
  'stored balance = sum of transfers': `
    with moves as (
      select t.id, t.kind, t.amount_minor, t.debit_account_id, t.credit_account_id from ledger_transfers t where t.kind <> 'tombstone'),
    lines as (
      select debit_account_id as account_id, case kind when 'pending' then amount_minor when 'posted' then 0 else -amount_minor end as dp,
        case when kind in ('posted', 'post') then amount_minor else 0 end as dd, 0::bigint as cp, 0::bigint as cd from moves
      union all
      select credit_account_id, 0, 0, case kind when 'pending' then amount_minor when 'posted' then 0 else -amount_minor end,
        case when kind in ('posted', 'post') then amount_minor else 0 end from moves),
    sums as (select account_id, sum(dp) dp, sum(dd) dd, sum(cp) cp, sum(cd) cd from lines group by account_id)
    select count(*) as checked, count(*) filter (where (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
      is distinct from (coalesce(s.dp, 0), coalesce(s.dd, 0), coalesce(s.cp, 0), coalesce(s.cd, 0))) as broken
    from ledger_balances a left join sums s on s.account_id = a.id`,
  'available balance is never negative': `
    select count(*) filter (where non_negative) as checked, count(*) filter (where non_negative and
      case normal_side when 'credit' then credits_posted - debits_posted - debits_pending else debits_posted - credits_posted - credits_pending end < 0
    ) as broken from ledger_balances`,
  'a pending transfer is resolved at most once': `
    select count(*) as checked, count(*) filter (where times > 1) as broken from (
      select pending_id, count(*) as times from ledger_transfers where pending_id is not null group by pending_id) r`,
  'event chain verifies': `
    select count(*) as checked, count(*) filter (where e.hash <> domain_event_hash(e)
      or e.previous_hash is distinct from p.hash or (p.hash is null) <> (e.version = 1)) as broken
    from domain_events e left join domain_events p
      on p.aggregate_type = e.aggregate_type and p.aggregate_id = e.aggregate_id and p.version = e.version - 1`,
};

/** The invariants that hold in every book. */
export async function checkLedger(db: Db, book: string): Promise<InvariantCheck[]> {
  const results: InvariantCheck[] = [];
  for (const [invariant, sql] of Object.entries(CHECKS)) results.push(await checkInvariant(db, book, invariant, sql));
  return results;
}
