-- What the provider has really kept for a transfer of this book: booked, and said by its intent. Repeated it changes nothing.
create or replace function adopt_provider_fee(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_fee bigint := adopt_transfer_fee(p);
  v_intent uuid := (select c.intent_id from reconciliation_cases c where c.id = (p ->> 'caseId')::uuid);
begin
  if v_fee is null then return '{}'; end if;
  update wallet_withdrawal_intents set payout_fee_minor = v_fee where id = v_intent;
  return '{}';
end $$;
