import type { Database } from '../connect.ts';
import { brokenIf, runChecks, type Check, type InvariantCheck, type Scope } from '../ledger/invariants.ts';

/** What the rows of the business say that each wallet has, holds, carries and owes. */
const MOVEMENTS = (host: (column: string) => string): string => `
  select host_id, currency, amount_minor as cash, 0::bigint as held, fee_minor as fee, 0::bigint as owed
    from wallet_fundings where state = 'SUCCEEDED' and ${host('host_id')}
  union all select host_id, currency, -gross_minor, 0, -fee_minor, 0 from wallet_holds where state = 'POSTED' and ${host('host_id')}
  union all select host_id, currency, 0, gross_minor, 0, 0 from wallet_holds where state = 'HELD' and ${host('host_id')}
  union all select host_id, currency, cash_minor + fee_minor, 0, fee_minor, 0 from wallet_credits where ${host('host_id')}
  union all select host_id, currency, -amount_minor, 0, -fee_minor, 0 from wallet_withdrawals where state = 'SUCCEEDED' and ${host('host_id')}
  union all select host_id, currency, 0, amount_minor, 0, 0 from wallet_withdrawals
    where state in ('PAYING', 'WAITING_FOR_BALANCE', 'NEEDS_ATTENTION') and ${host('host_id')}
  union all select host_id, currency, -taken_minor, 0, -lost_fee_minor, 0 from wallet_disputes where state <> 'WON' and ${host('host_id')}
  union all select host_id, currency, 0, 0, 0, receivable_minor from wallet_disputes where state in ('OPEN', 'LOST') and ${host('host_id')}
  union all select a.debtor_id, a.currency, 0, 0, 0, -a.amount_minor from finance_adjustments a
    where a.state = 'BOOKED' and a.debtor_type = 'host:receivable' and ${host('a.debtor_id')} and not exists (
      select from ledger_transfers t where t.corrects_id = ledger_uuid('transfer', 'adjustment', a.id::text))`;

/** Each wallet by its rows beside an account of the ledger. */
const compare =
  (type: string, side: 'credits' | 'debits', [ofRows, ofLedger]: readonly [string, string]) =>
  ({ owner, ownerText }: Scope): string =>
    `
    select coalesce(a.owner_id, r.owner_id) as subject, coalesce(a.currency, r.currency) as currency,
      ${brokenIf(`coalesce(${ofRows}, 0) <> coalesce(${ofLedger}, 0)`)},
      jsonb_build_object('rowsMinor', coalesce(${ofRows}, 0)::text, 'ledgerMinor', coalesce(${ofLedger}, 0)::text) as facts
    from (select host_id::text as owner_id, currency, sum(cash) as cash, sum(held) as held, sum(fee) as fee, sum(owed) as owed
          from (${MOVEMENTS(owner)}) m group by 1, 2) r
    full join (select owner_id, currency, ${side}_posted - ${side === 'credits' ? 'debits' : 'credits'}_posted as posted, debits_pending
      from ledger_balances where type = '${type}' and ${ownerText('owner_id')}) a
      on a.owner_id = r.owner_id and a.currency = r.currency`;

/** The invariants of the hosts' wallets. */
export const WALLET_CHECKS: readonly Check[] = [
  {
    name: 'wallets.balance',
    invariant: 'host:wallet = fundings − holds + releases − withdrawals − disputes',
    pace: 'touched',
    sql: compare('host:wallet', 'credits', ['r.cash', 'a.posted']),
  },
  {
    name: 'wallets.pending',
    invariant: 'pending on host:wallet = what is held and being withdrawn',
    pace: 'touched',
    sql: compare('host:wallet', 'credits', ['r.held', 'a.debits_pending']),
  },
  {
    name: 'wallets.carried-fees',
    invariant: 'Σ fees:funding = what wallets carry',
    pace: 'touched',
    sql: compare('fees:funding', 'debits', ['r.fee', 'a.posted']),
  },
  {
    name: 'wallets.receivable',
    invariant: 'host:receivable = what disputed charges left owing and nobody gave up',
    pace: 'touched',
    sql: compare('host:receivable', 'debits', ['r.owed', 'a.posted']),
  },
  {
    name: 'withdrawals.one-live-intent',
    invariant: 'one live intent per withdrawal',
    pace: 'touched',
    sql: ({ reference }) => `
      select d.id::text as subject, d.currency, ${brokenIf(`live > 1 or live > 0 and d.state = 'FAILED'`)},
        jsonb_build_object('state', d.state, 'live', live) as facts
      from (select withdrawal_id, count(*) filter (where state in ('SENT', 'UNKNOWN', 'SUCCEEDED')) as live
        from wallet_withdrawal_intents where ${reference('withdrawal_id')} group by withdrawal_id) i join wallet_withdrawals d on d.id = i.withdrawal_id`,
  },
  {
    name: 'withdrawals.one-effect',
    invariant: 'at most one effect per withdrawal',
    pace: 'touched',
    sql: ({ reference }) => `
      select d.id::text as subject, d.currency, ${brokenIf(`p.amount_minor is distinct from d.amount_minor - d.fee_minor
          or r.kind is distinct from case d.state when 'SUCCEEDED' then 'post' when 'RETURNED' then 'post' when 'FAILED' then 'void' end
          or (b.id is not null) <> (d.state = 'RETURNED')`)},
        jsonb_build_object('state', d.state, 'ledger', coalesce(r.kind, p.kind, 'nothing')) as facts
      from wallet_withdrawals d
      left join ledger_transfers p on p.id = ledger_uuid('transfer', 'withdraw', d.id::text, 'cash') and p.kind = 'pending'
      left join ledger_transfers r on r.pending_id = p.id
      left join ledger_transfers b on b.corrects_id = r.id
      where ${reference('d.id')}`,
  },
  {
    name: 'fundings.one-effect',
    invariant: 'at most one effect per charge',
    pace: 'touched',
    sql: ({ reference }) => `
      select f.id::text as subject, f.currency, ${brokenIf(`p.amount_minor is distinct from f.amount_minor
          or r.kind is distinct from case f.state when 'SUCCEEDED' then 'post' when 'FAILED' then 'void' end`)},
        jsonb_build_object('state', f.state, 'ledger', coalesce(r.kind, p.kind, 'nothing')) as facts
      from wallet_fundings f
      left join ledger_transfers p on p.id = ledger_uuid('transfer', 'fund', f.id::text) and p.kind = 'pending'
      left join ledger_transfers r on r.pending_id = p.id
      where ${reference('f.id')}`,
  },
  {
    name: 'wallets.frozen',
    invariant: 'a wallet with an open dispute is frozen',
    pace: 'always',
    sql: () => `
      select d.id::text as subject, d.currency, ${brokenIf(`w.state <> 'FROZEN'`)}, jsonb_build_object('hostId', d.host_id) as facts
      from wallet_disputes d join wallets w on (w.host_id, w.currency) = (d.host_id, d.currency) where d.state = 'OPEN'`,
  },
  {
    name: 'wallets.deadlines',
    invariant: 'no funding or withdrawal is open for more than 25 hours without a case',
    pace: 'always',
    // A provider may leave a payment open for a day; then it is parked, and is a person's.
    sql: () => `
      select kind || '/' || id as subject, currency, case when updated_at < now() - interval '25 hours' then 'late' else 'in_flight' end as verdict,
        jsonb_build_object('since', updated_at) as facts
      from (select 'funding' as kind, id, currency, updated_at from wallet_fundings where state = 'PENDING'
        union all select 'withdrawal', id, currency, updated_at from wallet_withdrawals
          where state = 'PAYING' and halt_of_payouts(currency) is null) o`,
  },
];

export const checkWallets = (db: Database): Promise<InvariantCheck[]> => runChecks(db, 'giveaway', WALLET_CHECKS);
