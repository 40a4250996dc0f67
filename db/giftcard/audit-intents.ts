/** Payouts and pull-backs that have ended, the latest first: to be held against what the provider says. */
export const GIFTCARD_INTENTS = `
  select * from (
    select id, 'transfer' as kind, currency, state, updated_at from settlement_intents where state in ('SUCCEEDED', 'REVERSED', 'FAILED_DEFINITE')
    union all
    select id, 'pull_back', currency, state, updated_at from refund_intents where state in ('SUCCEEDED', 'REVERSED', 'FAILED_DEFINITE')) i
  where i.updated_at >= :since and (:ids::uuid[] is null or i.id = any (:ids::uuid[])) order by i.updated_at desc limit :limit`;
