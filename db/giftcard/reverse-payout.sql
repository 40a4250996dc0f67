-- A payout that the provider has carried out came back: it is owed again, and a person has to decide. The escrow stays
-- settled. `ownerId` becomes the workflow that waits for the decision, where no other one is at work.
create or replace function reverse_payout(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements;
  i settlement_intents;
  v_was text;
begin
  select * into i from settlement_intents where id = (p ->> 'intentId')::uuid;
  if not found then perform refuse('settlement_not_found', 'No settlement has this intent.', jsonb_build_object('intentId', p ->> 'intentId')); end if;
  s := lock_settlement(i.settlement_id);
  select * into i from settlement_intents where id = i.id;
  if i.state = 'SUCCEEDED' then
    v_was := s.state;
    update settlement_intents set state = 'REVERSED', updated_at = now() where id = i.id;
    update settlements set state = 'NEEDS_ATTENTION', reason = 'payout_reversed', case_number = case_number + (v_was <> 'NEEDS_ATTENTION')::int,
      workflow_id = case v_was when 'SETTLED' then p ->> 'workflowId' else workflow_id end, updated_at = now()
    where id = s.id returning * into s;
    perform append_settlement_event(s, 'giftcard.settlement.reversed', jsonb_build_object('state', s.state, 'leg', i.leg, 'intentId', i.id,
      'amountMinor', i.amount_minor::text, 'reason', s.reason, 'caseNumber', s.case_number), p);
    perform ledger_book(array[ledger_transfer('posted', ledger_uuid('transfer', 'settle', i.id::text, 'reversal'),
      ledger_account('provider:clearing', 'platform', i.currency),
      case i.leg when 'merchant' then ledger_account('merchant:payable', s.merchant_id::text, i.currency)
        else ledger_account('platform:fees', 'platform', i.currency) end,
      i.amount_minor, i.currency, 'settle.reversal', s.id::text,
      ledger_uuid('transfer', ledger_uuid('transfer', 'settle', i.id::text)::text, 'post'))]);
  elsif i.state <> 'REVERSED' then
    raise exception 'intent % is % and cannot come back', i.id, i.state;
  end if;
  return settlement_step(s, null) || jsonb_build_object('currency', s.currency, 'merchantId', s.merchant_id, 'cardId', s.card_id, 'mine', s.workflow_id = p ->> 'workflowId');
end $$;
