import type { Db } from '../connect.ts';
import { checkInvariant, type InvariantCheck } from '../ledger/audit.ts';

const BALANCES = (type: string): string =>
  `(select a.owner_id, a.credits_posted - a.debits_posted as credit, a.debits_posted - a.credits_posted as debit, a.debits_pending
    from ledger_balances a where a.type = '${type}')`;

/** F(C) of a card in SQL: the part of its funding fee that the first C carry. */
const FEE_UP_TO = (amount: string): string => `div(c.funding_fee_minor::numeric * (${amount}), c.face_minor)`;

const CHECKS: Readonly<Record<string, string>> = {
  'face = remaining + released + redeemed − refunded': `
    select count(*) as checked, count(*) filter (where c.state = 'ISSUED' and (c.face_minor <> c.remaining_minor + c.released_minor
      + c.redeemed_minor - c.refunded_minor)) as broken from gift_cards c`,
  'escrow of a card = its remaining amount': `
    select count(*) as checked, count(*) filter (where coalesce(e.credit, 0) <> c.remaining_minor
      or coalesce(e.debits_pending, 0) <> c.held_minor) as broken
    from gift_cards c left join ${BALANCES('escrow')} e on e.owner_id = c.id::text`,
  'Σ escrow = Σ remaining': `
    select 1 as checked, case when (select coalesce(sum(credit), 0) from ${BALANCES('escrow')} e)
      = (select coalesce(sum(remaining_minor), 0) from gift_cards)
        + (select coalesce(sum(c.face_minor), 0) from gift_cards c join escrow_reservations r on r.id = c.reservation_id
           where c.state = 'RESERVING' and r.state = 'RESERVED')
      then 0 else 1 end as broken`,
  'Σ pending on escrow = Σ open authorisations': `
    select count(*) as checked, count(*) filter (where c.held_minor <> coalesce(a.sum, 0)) as broken
    from gift_cards c left join (select card_id, sum(amount_minor) as sum from card_authorisations where state = 'OPEN' group by card_id) a
      on a.card_id = c.id`,
  'escrows of a card by state = its amounts': `
    select count(*) as checked, count(*) filter (where c.state = 'ISSUED' and (coalesce(e.reserved, 0) <> c.remaining_minor
      or coalesce(e.spent, 0) <> c.redeemed_minor or coalesce(e.released, 0) <> c.released_minor)) as broken
    from gift_cards c left join (select card_id, sum(amount_minor) filter (where state = 'RESERVED') as reserved,
      sum(amount_minor) filter (where state in ('SETTLING', 'SETTLED')) as spent,
      sum(amount_minor) filter (where state in ('RELEASING', 'RELEASED')) as released from card_escrows group by card_id) e on e.card_id = c.id`,
  'redeemed = Σ redemptions of the card': `
    select count(*) as checked, count(*) filter (where c.redeemed_minor <> coalesce(r.sum, 0) or c.refunded_minor <> coalesce(r.refunded, 0)) as broken
    from gift_cards c left join (select card_id, sum(amount_minor) as sum, sum(refunded_minor) as refunded from redemptions group by card_id) r
      on r.card_id = c.id`,
  'F + S + M = redeemed': `
    select count(*) as checked, count(*) filter (where fee_minor + service_minor + merchant_minor <> gross_minor) as broken
    from settlement_lines where kind <> 'carried'`,
  'a settlement = Σ its lines': `
    select count(*) as checked, count(*) filter (where (s.fee_minor, s.service_minor, s.merchant_minor, s.line_count)
      is distinct from (coalesce(l.fee, 0), coalesce(l.service, 0), coalesce(l.merchant, 0), coalesce(l.lines, 0))) as broken
    from settlements s left join (select settlement_id, sum(fee_minor)::bigint as fee, sum(service_minor)::bigint as service,
      sum(merchant_minor)::bigint as merchant, count(*)::int as lines from settlement_lines group by settlement_id) l on l.settlement_id = s.id`,
  'Σ fees:funding = what cards carry': `
    select count(*) as checked, count(*) filter (where coalesce(a.debit, 0) <> case when c.state = 'ISSUED'
      then ${FEE_UP_TO('c.face_minor - c.released_minor')} - ${FEE_UP_TO('c.redeemed_minor - c.refunded_minor')} else 0 end) as broken
    from gift_cards c left join ${BALANCES('fees:funding')} a on a.owner_id = c.id::text`,
  'a release = Σ the escrows it gave back': `
    select count(*) as checked, count(*) filter (where r.cash_minor + r.fee_minor <> coalesce(e.sum, 0)) as broken
    from escrow_releases r left join (select release_id, sum(amount_minor) as sum from card_escrows group by release_id) e on e.release_id = r.id`,
  'merchant:payable = what is due and not yet paid': `
    select count(*) as checked, count(*) filter (where coalesce(a.credit, 0) <> coalesce(d.due, 0)) as broken
    from (select owner_id, currency, credits_posted - debits_posted as credit from ledger_balances where type = 'merchant:payable') a
    full join (select merchant_id, currency, sum(minor)::bigint as due from (
        select merchant_id, currency, merchant_minor as minor from settlement_lines where settlement_id is null and merchant_id is not null
        union all
        select s.merchant_id, s.currency, s.merchant_minor - s.written_off_minor from settlements s where s.merchant_id is not null and not exists (
          select from settlement_intents i where i.settlement_id = s.id and i.leg = 'merchant' and i.state = 'SUCCEEDED')) x
      group by 1, 2) d on d.merchant_id::text = a.owner_id and d.currency = a.currency`,
  'nothing is 15 minutes beyond its deadline': `
    select count(*) as checked, count(*) filter (where updated_at < now() - interval '15 minutes') as broken from (
      select updated_at from settlements where state = 'SETTLING'
      union all select updated_at from escrow_releases where state = 'RELEASING'
      union all select updated_at from refunds where state in ('REQUESTED', 'PULLING_BACK')
      union all select updated_at from card_orders where state in ('RESERVING', 'ISSUING')
      union all select expires_at from card_authorisations where state = 'OPEN'
      union all select updated_at from escrow_reservations where state = 'RESERVING') s`,
  'one live intent per leg': `
    select count(*) as checked, count(*) filter (where live > 1) as broken from (
      select settlement_id, leg, count(*) filter (where state not in ('FAILED_DEFINITE', 'REVERSED')) as live
      from settlement_intents group by settlement_id, leg) l`,
  'a settled settlement has paid both legs': `
    select count(*) as checked, count(*) filter (where s.state = 'SETTLED'
      and coalesce(i.paid, 0) <> s.merchant_minor - s.written_off_minor + s.service_minor - s.carried_minor) as broken
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
