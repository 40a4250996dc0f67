import { brokenIf, type Check } from '../ledger/invariants.ts';

/** The provider is asked about an intent for a day; then it is parked, and is a person's. */
const IN_FLIGHT_FOR = `interval '25 hours'`;

export const SETTLEMENT_CHECKS: readonly Check[] = [
  {
    name: 'settlements.shares',
    invariant: 'F + S + M = redeemed',
    pace: 'touched',
    sql: ({ reference }) => `
      select id::text as subject, currency, ${brokenIf('fee_minor + service_minor + merchant_minor <> gross_minor')},
        jsonb_build_object('grossMinor', gross_minor::text, 'feeMinor', fee_minor::text, 'serviceMinor', service_minor::text,
          'merchantMinor', merchant_minor::text) as facts
      from settlement_lines where kind <> 'carried' and ${reference('id')}`,
  },
  {
    name: 'settlements.one-batch',
    invariant: 'a redemption is in at most one batch',
    pace: 'touched',
    sql: ({ reference }) => `
      select r.id::text as subject, r.currency, ${brokenIf(`l.id is null or (l.merchant_id, l.currency, l.gross_minor)
          is distinct from (r.merchant_id, r.currency, r.amount_minor)
          or l.settlement_id is not null and (s.id is null or (s.merchant_id, s.currency) is distinct from (r.merchant_id, r.currency))
          or i.id is not null and i.id is distinct from l.settlement_id`)},
        jsonb_build_object('settlementId', l.settlement_id, 'instantSettlementId', i.id) as facts
      from redemptions r left join settlement_lines l on l.id = r.id and l.kind = 'redemption' left join settlements s on s.id = l.settlement_id
      left join settlements i on i.redemption_id = r.id
      where ${reference('r.id')}`,
  },
  {
    name: 'settlements.lines',
    invariant: 'a settlement = Σ its lines',
    pace: 'touched',
    sql: ({ reference }) => `
      select s.id::text as subject, s.currency, ${brokenIf(`(s.fee_minor, s.service_minor, s.merchant_minor, s.line_count)
          is distinct from (coalesce(l.fee, 0), coalesce(l.service, 0), coalesce(l.merchant, 0), coalesce(l.lines, 0))`)},
        jsonb_build_object('merchantMinor', s.merchant_minor::text, 'linesMinor', coalesce(l.merchant, 0)::text, 'lines', l.lines) as facts
      from settlements s left join (select settlement_id, sum(fee_minor)::bigint as fee, sum(service_minor)::bigint as service,
        sum(merchant_minor)::bigint as merchant, count(*)::int as lines from settlement_lines
        where settlement_id is not null and ${reference('settlement_id')} group by settlement_id) l on l.settlement_id = s.id
      where ${reference('s.id')}`,
  },
  {
    name: 'settlements.payable',
    invariant: 'merchant:payable = what is due and not yet paid',
    pace: 'daily',
    sql: () => `
      select coalesce(a.owner_id, d.merchant_id::text) as subject, coalesce(a.currency, d.currency) as currency,
        ${brokenIf('coalesce(a.credit, 0) <> coalesce(d.due, 0)')},
        jsonb_build_object('ledgerMinor', coalesce(a.credit, 0)::text, 'dueMinor', coalesce(d.due, 0)::text) as facts
      from (select owner_id, currency, credits_posted - debits_posted as credit from ledger_balances where type = 'merchant:payable') a
      full join (select merchant_id, currency, sum(minor)::bigint as due from (
          select merchant_id, currency, merchant_minor as minor from settlement_lines where settlement_id is null and merchant_id is not null
          union all
          select s.merchant_id, s.currency, s.merchant_minor - s.written_off_minor from settlements s where s.merchant_id is not null and not exists (
            select from settlement_intents i where i.settlement_id = s.id and i.leg = 'merchant' and i.state = 'SUCCEEDED')) x
        group by 1, 2) d on d.merchant_id::text = a.owner_id and d.currency = a.currency`,
  },
  {
    name: 'settlements.one-live-intent',
    invariant: 'one live intent per leg',
    pace: 'touched',
    sql: ({ reference }) => `
      select settlement_id || '/' || leg as subject, min(currency) as currency,
        ${brokenIf(`count(*) filter (where state not in ('FAILED_DEFINITE', 'REVERSED')) > 1`)},
        jsonb_build_object('intents', jsonb_agg(id order by number)) as facts
      from settlement_intents where ${reference('settlement_id')} group by settlement_id, leg`,
  },
  {
    name: 'settlements.paid',
    invariant: 'a settled settlement has paid both legs',
    pace: 'touched',
    sql: ({ reference }) => `
      select s.id::text as subject, s.currency, ${brokenIf(`s.state = 'SETTLED'
          and coalesce(i.paid, 0) <> s.merchant_minor - s.written_off_minor + s.service_minor - s.carried_minor`)},
        jsonb_build_object('paidMinor', coalesce(i.paid, 0)::text,
          'dueMinor', (s.merchant_minor - s.written_off_minor + s.service_minor - s.carried_minor)::text) as facts
      from settlements s left join (select settlement_id, sum(amount_minor) as paid from settlement_intents
        where state = 'SUCCEEDED' and ${reference('settlement_id')} group by 1) i on i.settlement_id = s.id
      where ${reference('s.id')}`,
  },
  {
    name: 'settlements.one-effect',
    invariant: 'at most one effect per intent of a payout',
    pace: 'touched',
    sql: ({ reference }) => `
      select i.id::text as subject, i.currency, ${brokenIf(`(p.amount_minor, p.currency) is distinct from (i.amount_minor, i.currency)
          or r.kind is distinct from case i.state when 'SUCCEEDED' then 'post' when 'REVERSED' then 'post' when 'FAILED_DEFINITE' then 'void' end
          or (b.id is not null) <> (i.state = 'REVERSED')`)},
        jsonb_build_object('settlementId', i.settlement_id, 'state', i.state, 'ledger', coalesce(r.kind, p.kind, 'nothing')) as facts
      from settlement_intents i
      left join ledger_transfers p on p.id = ledger_uuid('transfer', 'settle', i.id::text) and p.kind = 'pending'
      left join ledger_transfers r on r.pending_id = p.id
      left join ledger_transfers b on b.corrects_id = r.id
      where ${reference('i.settlement_id')}`,
  },
  {
    name: 'refunds.one-effect',
    invariant: 'at most one effect per intent of a pull-back',
    pace: 'touched',
    sql: ({ reference }) => `
      select i.id::text as subject, i.currency, ${brokenIf(`(p.amount_minor, p.currency) is distinct from (i.amount_minor, i.currency)
          or r.kind is distinct from case i.state when 'SUCCEEDED' then 'post' when 'REVERSED' then 'post' when 'FAILED_DEFINITE' then 'void' end
          or (b.id is not null) <> (i.state = 'REVERSED')`)},
        jsonb_build_object('refundId', i.refund_id, 'state', i.state, 'ledger', coalesce(r.kind, p.kind, 'nothing')) as facts
      from refund_intents i
      left join ledger_transfers p on p.id = ledger_uuid('transfer', 'pull-back', i.id::text) and p.kind = 'pending'
      left join ledger_transfers r on r.pending_id = p.id
      left join ledger_transfers b on b.corrects_id = r.id
      where ${reference('i.refund_id')}`,
  },
  {
    name: 'giftcard.deadlines',
    invariant: 'nothing is beyond its deadline',
    pace: 'always',
    sql: () => `
      select kind || '/' || id as subject, currency, case when since < now() - may_take then 'late' else 'in_flight' end as verdict,
        jsonb_build_object('since', since) as facts
      from (
        select 'settlement' as kind, s.id, s.currency, greatest(s.updated_at, i.updated_at, l.resumed_at,
            (select max(h.lifted_at) from payout_halts h where h.currency in (s.currency, '*'))) as since,
          case when i.id is not null then ${IN_FLIGHT_FOR} when l.paused_at is not null or halt_of_payouts(s.currency) is not null
            then interval '100 years' else :budget::interval end as may_take
        from settlements s left join settlement_intents i on i.settlement_id = s.id and i.state in ('SENT', 'UNKNOWN')
        left join payout_lanes l on l.currency = s.currency where s.state = 'SETTLING'
        union all select 'refund', r.id, r.currency, greatest(r.updated_at, i.updated_at),
          case when i.id is null then :budget::interval else ${IN_FLIGHT_FOR} end
        from refunds r left join refund_intents i on i.refund_id = r.id and i.state in ('SENT', 'UNKNOWN') where r.state in ('REQUESTED', 'PULLING_BACK')
        union all select 'release', id, currency, updated_at, :budget::interval from escrow_releases where state = 'RELEASING'
        union all select 'order', id, currency, updated_at, :budget::interval from card_orders where state in ('RESERVING', 'ISSUING')
        union all select 'order cancellation', c.id, o.currency, c.updated_at, :budget::interval
          from card_order_cancellations c join card_orders o on o.id = c.order_id where c.state = 'RUNNING'
        union all select 'authorisation', id, currency, expires_at, :budget::interval from card_authorisations where state = 'OPEN'
        -- A person, or float, is waited for as long as it takes.
        union all select 'top-up', id, currency, updated_at, interval '26 hours' from airtime_vends where state in ('SUBMITTED', 'UNKNOWN')
        union all select 'reservation', id, currency, updated_at, :budget::interval from escrow_reservations where state = 'RESERVING'
        union all select 'card', id, currency, next_deadline, :budget::interval from gift_cards
          where remaining_minor > 0 and held_minor = 0 and next_deadline < now()) open`,
  },
];
