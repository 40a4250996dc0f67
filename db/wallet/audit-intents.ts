/** Charges and payouts that have ended, the latest first: to be held against what the provider says. */
export const WALLET_INTENTS = `
  select * from (
    select id, 'charge' as kind, currency, case state when 'FAILED' then 'FAILED_DEFINITE' else state end as state, updated_at
    from wallet_fundings where state in ('SUCCEEDED', 'FAILED')
    union all
    select id, 'transfer', currency, state, updated_at from wallet_withdrawal_intents where state in ('SUCCEEDED', 'REVERSED', 'FAILED_DEFINITE')) i
  where i.updated_at >= :since and (:ids::uuid[] is null or i.id = any (:ids::uuid[])) order by i.updated_at desc limit :limit`;
