import type { Db } from '../connect.ts';
import { checkInvariant, type InvariantCheck } from '../ledger/audit.ts';

const ESCROW = `(select a.owner_id, a.credits_posted - a.debits_posted as balance from ledger_accounts a where a.type = 'escrow')`;

const CHECKS: Readonly<Record<string, string>> = {
  'face = remaining + redeemed': `
    select count(*) as checked, count(*) filter (where c.state in ('RESERVED', 'SETTLING', 'SETTLED')
      and coalesce(e.balance, 0) <> c.face_minor - c.redeemed_minor) as broken
    from gift_cards c left join ${ESCROW} e on e.owner_id = c.id::text`,
  'Σ escrow = Σ remaining': `
    select 1 as checked, case when (select coalesce(sum(balance), 0) from ${ESCROW} e)
      = (select coalesce(sum(face_minor - redeemed_minor) filter (where state in ('RESERVED', 'SETTLING', 'SETTLED')), 0) from gift_cards)
      then 0 else 1 end as broken`,
  'redeemed = Σ redemptions of the card': `
    select count(*) as checked, count(*) filter (where c.redeemed_minor <> coalesce(r.sum, 0)) as broken
    from gift_cards c left join (select card_id, sum(amount_minor) as sum from redemptions group by card_id) r on r.card_id = c.id`,
  'F + S + M = redeemed': `
    select count(*) as checked, count(*) filter (where fee_minor + service_minor + merchant_minor <> gross_minor) as broken from settlements`,
  'Σ fees:funding = what cards carry': `
    select count(*) as checked, count(*) filter (where a.debits_posted - a.credits_posted <>
      case when c.state in ('RESERVED', 'SETTLING', 'SETTLED') then c.funding_fee_minor - coalesce(r.sum, 0) else 0 end) as broken
    from gift_cards c
    join ledger_accounts a on a.type = 'fees:funding' and a.owner_id = c.id::text
    left join (select card_id, sum(fee_minor) as sum from redemptions group by card_id) r on r.card_id = c.id`,
  'nothing is 15 minutes beyond its deadline': `
    select count(*) as checked, count(*) filter (where updated_at < now() - interval '15 minutes') as broken from (
      select updated_at from settlements where state = 'SETTLING'
      union all select updated_at from escrow_reservations where state = 'RESERVING') s`,
  'one live intent per leg': `
    select count(*) as checked, count(*) filter (where live > 1) as broken from (
      select settlement_id, leg, count(*) filter (where state not in ('FAILED_DEFINITE', 'REVERSED')) as live
      from settlement_intents group by settlement_id, leg) l`,
  'a settled settlement has paid both legs': `
    select count(*) as checked, count(*) filter (where s.state = 'SETTLED' and coalesce(i.paid, 0) <> s.merchant_minor + s.service_minor) as broken
    from settlements s left join (select settlement_id, sum(amount_minor) as paid from settlement_intents where state = 'SUCCEEDED' group by 1) i
      on i.settlement_id = s.id`,
};

/** The invariants of the giftcard database. */
export async function checkGiftcards(db: Db): Promise<InvariantCheck[]> {
  const results: InvariantCheck[] = [];
  for (const [invariant, sql] of Object.entries(CHECKS))
    results.push(await checkInvariant(db, 'giftcard', invariant, sql));
  return results;
}
