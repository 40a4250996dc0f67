-- What this book has asked the provider for, as a reconciliation sees it. The direction is that of the pooled account.
create or replace view provider_intents as
select f.id as intent_id, 'charge'::text as kind, 'funding'::text as subject_type, f.id as subject_id, 1 as direction,
  case f.state when 'PENDING' then 'SENT' when 'NEEDS_ATTENTION' then 'UNKNOWN' when 'FAILED' then 'FAILED_DEFINITE' else f.state end as state,
  f.amount_minor, f.fee_minor, f.currency, f.first_sent_at, coalesce(f.credited_at, f.updated_at) as ended_at
from wallet_fundings f
union all
select i.id, 'transfer', 'withdrawal', i.withdrawal_id, -1, i.state, i.amount_minor, i.payout_fee_minor, i.currency, i.first_sent_at, i.updated_at
from wallet_withdrawal_intents i;
