import type { Db } from '../connect.ts';
import { checkInvariant, type InvariantCheck } from '../ledger/audit.ts';

/** What the rows of the business say that each wallet has, holds, carries and owes. */
const MOVEMENTS = `
  select host_id, currency, amount_minor as cash, 0::bigint as held, fee_minor as fee, 0::bigint as owed
    from wallet_fundings where state = 'SUCCEEDED'
  union all select host_id, currency, -gross_minor, 0, -fee_minor, 0 from wallet_holds where state = 'POSTED'
  union all select host_id, currency, 0, gross_minor, 0, 0 from wallet_holds where state = 'HELD'
  union all select host_id, currency, cash_minor + fee_minor, 0, fee_minor, 0 from wallet_credits
  union all select host_id, currency, -amount_minor, 0, -fee_minor, 0 from wallet_withdrawals where state = 'SUCCEEDED'
  union all select host_id, currency, 0, amount_minor, 0, 0 from wallet_withdrawals
    where state in ('PAYING', 'WAITING_FOR_BALANCE', 'NEEDS_ATTENTION')
  union all select host_id, currency, -taken_minor, 0, -lost_fee_minor, 0 from wallet_disputes where state <> 'WON'
  union all select host_id, currency, 0, 0, 0, receivable_minor from wallet_disputes where state in ('OPEN', 'LOST')
  union all select a.debtor_id, a.currency, 0, 0, 0, -a.amount_minor from finance_adjustments a
    where a.state = 'BOOKED' and a.debtor_type = 'host:receivable' and not exists (
      select from ledger_transfers t where t.corrects_id = ledger_uuid('transfer', 'adjustment', a.id::text))`;

const ACCOUNTS = (type: string, side: 'credits' | 'debits'): string => `
  (select owner_id, currency, ${side}_posted - ${side === 'credits' ? 'debits' : 'credits'}_posted as posted, debits_pending
   from ledger_balances where type = '${type}')`;

/** Each wallet by its rows beside an account of the ledger. */
const COMPARE = (account: string, broken: string): string => `
  select count(*) as checked, count(*) filter (where ${broken}) as broken
  from (select host_id::text as owner_id, currency, sum(cash) as cash, sum(held) as held, sum(fee) as fee, sum(owed) as owed
        from (${MOVEMENTS}) m group by 1, 2) r
  full join ${account} a on a.owner_id = r.owner_id and a.currency = r.currency`;

const CHECKS: Readonly<Record<string, string>> = {
  'host:wallet = fundings − holds + releases − withdrawals − disputes': COMPARE(
    ACCOUNTS('host:wallet', 'credits'),
    'coalesce(r.cash, 0) <> coalesce(a.posted, 0)',
  ),
  'pending on host:wallet = what is held and being withdrawn': COMPARE(
    ACCOUNTS('host:wallet', 'credits'),
    'coalesce(r.held, 0) <> coalesce(a.debits_pending, 0)',
  ),
  'Σ fees:funding = what wallets carry': COMPARE(
    ACCOUNTS('fees:funding', 'debits'),
    'coalesce(r.fee, 0) <> coalesce(a.posted, 0)',
  ),
  'host:receivable = what disputed charges left owing and nobody gave up': COMPARE(
    ACCOUNTS('host:receivable', 'debits'),
    'coalesce(r.owed, 0) <> coalesce(a.posted, 0)',
  ),
  'one live intent per withdrawal': `
    select count(*) as checked, count(*) filter (where live > 1 or live > 0 and d.state = 'FAILED') as broken
    from (select withdrawal_id, count(*) filter (where state in ('SENT', 'UNKNOWN', 'SUCCEEDED')) as live
      from wallet_withdrawal_intents group by withdrawal_id) i join wallet_withdrawals d on d.id = i.withdrawal_id`,
  'a wallet with an open dispute is frozen': `
    select count(*) as checked, count(*) filter (where w.state <> 'FROZEN') as broken
    from wallet_disputes d join wallets w on (w.host_id, w.currency) = (d.host_id, d.currency) where d.state = 'OPEN'`,
  // A provider may leave a payment open for a day; then it is parked, and is a person's.
  'no funding or withdrawal is open for more than 25 hours without a case': `
    select count(*) as checked, count(*) filter (where updated_at < now() - interval '25 hours') as broken from (
      select updated_at from wallet_fundings where state = 'PENDING'
      union all select updated_at from wallet_withdrawals where state = 'PAYING') o`,
};

/** The invariants of the hosts' wallets. */
export async function checkWallets(db: Db): Promise<InvariantCheck[]> {
  const results: InvariantCheck[] = [];
  for (const [invariant, sql] of Object.entries(CHECKS))
    results.push(await checkInvariant(db, 'giveaway', invariant, sql));
  return results;
}
