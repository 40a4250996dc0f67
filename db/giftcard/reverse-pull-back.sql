-- The provider had taken a refund's money back from the merchant, and the merchant has it again. Whatever it charged for the
-- first is spent. Where the card has its value already, the merchant owes what we have lent; else the refund waits for the
-- merchant, as after a refusal. Repeated it changes nothing.
create or replace function reverse_pull_back(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  i refund_intents;
  f refunds;
  v_pending uuid := ledger_uuid('transfer', 'pull-back', p ->> 'intentId');
  v_payable uuid;
  v_lines ledger_line[] := '{}';
begin
  select * into i from refund_intents where id = (p ->> 'intentId')::uuid;
  if not found then perform refuse('refund_not_found', 'No refund has this intent.', jsonb_build_object('intentId', p ->> 'intentId')); end if;
  f := lock_refund(i.refund_id);
  select * into i from refund_intents where id = i.id for no key update;
  if i.state = 'REVERSED' then return refund_answer(f, null); end if;
  if i.state = 'FAILED_DEFINITE' then raise exception 'intent % is % and cannot come back', i.id, i.state; end if;
  v_payable := ledger_account('merchant:payable', f.merchant_id::text, f.currency);
  if i.state = 'SUCCEEDED' then
    -- Its value is on the card.
    v_lines := array[ledger_transfer('posted', ledger_uuid('transfer', 'pull-back', i.id::text, 'owed'),
      ledger_account('merchant:receivable', f.merchant_id::text, f.currency), v_payable, i.amount_minor, f.currency,
      'refund.pull-back.owed', f.id::text)];
    perform append_refund_event(f, 'giftcard.refund.pull_back_reversed', p);
  else
    v_lines := array[
      ledger_resolve('post', v_pending, 'refund.pull-back.post', f.id::text),
      ledger_transfer('posted', ledger_uuid('transfer', 'pull-back', i.id::text, 'fee'), ledger_account('provider:costs', 'platform', f.currency),
        ledger_account('provider:clearing', 'platform', f.currency), (p ->> 'providerFeeMinor')::bigint, f.currency, 'refund.pull-back.fee', f.id::text)];
    f := move_refund(f, 'WAITING_FOR_MERCHANT', 'reversed', p);
  end if;
  update refund_intents set state = 'REVERSED', provider_id = coalesce(provider_id, p ->> 'providerId'),
    provider_fee_minor = coalesce(provider_fee_minor, (p ->> 'providerFeeMinor')::bigint), failure_code = 'reversed', updated_at = now()
  where id = i.id;
  perform ledger_book(v_lines || ledger_transfer('posted', ledger_uuid('transfer', 'pull-back', i.id::text, 'reversal'), v_payable,
    ledger_account('provider:clearing', 'platform', f.currency), i.amount_minor, f.currency, 'refund.pull-back.reversal', f.id::text,
    ledger_uuid('transfer', v_pending::text, 'post')));
  return refund_answer(f, null);
end $$;
