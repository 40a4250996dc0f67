import type { Database, Db } from '../connect.ts';
import { brokenIf, runChecks, type Check, type InvariantCheck } from './invariants.ts';

/** Debits less credits of all posted transfers, by currency: always "0". */
export async function bookSums(db: Db): Promise<Record<string, string>> {
  const result = await db.raw(
    'select currency, (sum(debits_posted) - sum(credits_posted))::text as sum from ledger_balances group by currency order by currency',
  );
  return Object.fromEntries(
    (result as { rows: { currency: string; sum: string }[] }).rows.map(({ currency, sum }) => [currency, sum]),
  );
}

/** The invariants that hold in every book. */
export const LEDGER_CHECKS: readonly Check[] = [
  {
    name: 'ledger.sums-to-zero',
    invariant: 'transfers sum to zero per currency',
    pace: 'daily',
    sql: () => `
      select currency as subject, currency, ${brokenIf('posted <> 0 or pending <> 0')},
        jsonb_build_object('postedMinor', posted::text, 'pendingMinor', pending::text) as facts
      from (select currency, sum(debits_posted) - sum(credits_posted) as posted, sum(debits_pending) - sum(credits_pending) as pending
        from ledger_balances group by currency) b`,
  },
  {
    name: 'ledger.stored-balance',
    invariant: 'stored balance = sum of transfers',
    pace: 'touched',
    sql: ({ account }) => `
      select a.id::text as subject, a.currency,
        ${brokenIf(`(a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
          is distinct from (coalesce(s.dp, 0), coalesce(s.dd, 0), coalesce(s.cp, 0), coalesce(s.cd, 0))`)},
        jsonb_build_object('account', a.type, 'owner', a.owner_id,
          'stored', jsonb_build_array(a.debits_pending::text, a.debits_posted::text, a.credits_pending::text, a.credits_posted::text),
          'transfers', jsonb_build_array(coalesce(s.dp, 0)::text, coalesce(s.dd, 0)::text, coalesce(s.cp, 0)::text, coalesce(s.cd, 0)::text)) as facts
      from ledger_balances a
      left join (
        select account_id, sum(dp) dp, sum(dd) dd, sum(cp) cp, sum(cd) cd from (
          select debit_account_id as account_id, case kind when 'pending' then amount_minor when 'posted' then 0 else -amount_minor end as dp,
            case when kind in ('posted', 'post') then amount_minor else 0 end as dd, 0::bigint as cp, 0::bigint as cd
          from ledger_transfers where kind <> 'tombstone' and ${account('debit_account_id')}
          union all
          select credit_account_id, 0, 0, case kind when 'pending' then amount_minor when 'posted' then 0 else -amount_minor end,
            case when kind in ('posted', 'post') then amount_minor else 0 end
          from ledger_transfers where kind <> 'tombstone' and ${account('credit_account_id')}) l
        group by account_id) s on s.account_id = a.id
      where ${account('a.id')}`,
  },
  {
    name: 'ledger.available',
    invariant: 'available balance is never negative',
    pace: 'touched',
    sql: ({ account }) => `
      select a.id::text as subject, a.currency, ${brokenIf('a.available < 0')},
        jsonb_build_object('account', a.type, 'owner', a.owner_id, 'availableMinor', a.available::text) as facts
      from (select b.*, case b.normal_side when 'credit' then credits_posted - debits_posted - debits_pending
          else debits_posted - credits_posted - credits_pending end as available
        from ledger_balances b where b.non_negative and ${account('b.id')}) a`,
  },
  {
    name: 'ledger.resolved-once',
    invariant: 'a pending transfer is resolved at most once',
    pace: 'daily',
    sql: () => `
      select pending_id::text as subject, currency, ${brokenIf('times > 1 or not is_pending')},
        jsonb_build_object('times', times, 'isPending', is_pending) as facts
      from (select r.pending_id, min(r.currency) as currency, count(*) as times, coalesce(bool_and(p.kind = 'pending'), false) as is_pending
        from ledger_transfers r left join ledger_transfers p on p.id = r.pending_id where r.pending_id is not null group by r.pending_id) r`,
  },
  {
    name: 'events.chain',
    invariant: 'event chain verifies',
    pace: 'touched',
    sql: ({ event }) => `
      select e.aggregate_type || '/' || e.aggregate_id || '/' || e.version as subject, coalesce(e.payload ->> 'currency', '*') as currency,
        ${brokenIf(`e.hash <> domain_event_hash(e) or e.previous_hash is distinct from p.hash or (p.hash is null) <> (e.version = 1)`)},
        jsonb_build_object('type', e.type) as facts
      from domain_events e left join domain_events p
        on p.aggregate_type = e.aggregate_type and p.aggregate_id = e.aggregate_id and p.version = e.version - 1
      where ${event('e')}`,
  },
];

export const checkLedger = (db: Database, book: string): Promise<InvariantCheck[]> =>
  runChecks(db, book, LEDGER_CHECKS);
