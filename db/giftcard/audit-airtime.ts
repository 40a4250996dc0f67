import { brokenIf, type Check } from '../ledger/invariants.ts';

/** Top-ups of phones against the cards that they are paid with. */
export const AIRTIME_CHECKS: readonly Check[] = [
  {
    name: 'airtime.holds',
    invariant: 'a top-up that is open holds its amount on the card; one that has failed holds nothing',
    pace: 'touched',
    sql: ({ reference }) => `
      select v.id::text as subject, v.currency,
        ${brokenIf(`a.id is null or a.card_id <> v.card_id or a.amount_minor <> v.amount_minor
          or a.state <> case v.state when 'FAILED_DEFINITE' then 'VOIDED' when 'DELIVERED' then 'CONFIRMED' when 'REVERSED' then 'CONFIRMED' else 'OPEN' end`)},
        jsonb_build_object('state', v.state, 'hold', a.state, 'amountMinor', v.amount_minor::text) as facts
      from airtime_vends v left join card_authorisations a on a.id = v.id where ${reference('v.id')}`,
  },
  {
    name: 'airtime.redemptions',
    invariant: 'a top-up that was delivered is one redemption of its amount, and no other is one',
    pace: 'touched',
    sql: ({ reference }) => `
      select v.id::text as subject, v.currency,
        ${brokenIf(`(v.state in ('DELIVERED', 'REVERSED')) <> (r.id is not null) or r.amount_minor <> v.amount_minor or r.card_id <> v.card_id`)},
        jsonb_build_object('state', v.state, 'amountMinor', v.amount_minor::text, 'redeemedMinor', r.amount_minor::text) as facts
      from airtime_vends v left join redemptions r on r.id = v.id where ${reference('v.id')}`,
  },
  {
    name: 'airtime.intents',
    invariant: 'a top-up has the intents of its state, and at most one was delivered',
    pace: 'touched',
    sql: ({ reference }) => `
      select v.id::text as subject, v.currency,
        ${brokenIf(`i.live <> (v.state in ('SUBMITTED', 'UNKNOWN', 'NEEDS_ATTENTION'))::int
          or i.delivered <> (v.state = 'DELIVERED')::int or i.reversed <> (v.state = 'REVERSED')::int`)},
        jsonb_build_object('state', v.state, 'live', i.live, 'delivered', i.delivered) as facts
      from airtime_vends v cross join lateral (
        select count(*) filter (where state in ('SENT', 'UNKNOWN')) as live, count(*) filter (where state = 'DELIVERED') as delivered,
          count(*) filter (where state = 'REVERSED') as reversed from airtime_intents where vend_id = v.id) i
      where ${reference('v.id')}`,
  },
];
