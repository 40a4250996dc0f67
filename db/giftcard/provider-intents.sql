-- What this book has asked the provider for, as a reconciliation sees it. The direction is that of the pooled account.
create or replace view provider_intents as
select i.id as intent_id, 'transfer'::text as kind, 'settlement'::text as subject_type, i.settlement_id as subject_id, -1 as direction, i.state,
  i.amount_minor, i.payout_fee_minor as fee_minor, i.currency, i.first_sent_at, i.updated_at as ended_at
from settlement_intents i
union all
select i.id, 'transfer', 'refund', i.refund_id, 1, i.state, i.amount_minor, i.provider_fee_minor, i.currency, i.first_sent_at, i.updated_at
from refund_intents i;
