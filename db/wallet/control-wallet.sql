-- What finance sets of a host's wallet: whether it may be spent, and how long after a charge.
create or replace function control_wallet(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  w wallets;
  v_state text;
  v_delay bigint;
begin
  w := lock_active_wallet((p ->> 'hostId')::uuid, p ->> 'currency', false);
  v_state := coalesce(p ->> 'state', w.state);
  v_delay := coalesce((p ->> 'spendableAfterMs')::bigint, w.spendable_after_ms);
  if v_state = 'ACTIVE' and w.state = 'FROZEN' and (select d.id from wallet_disputes d
      where d.host_id = w.host_id and d.currency = w.currency and d.state = 'OPEN' limit 1) is not null then
    perform refuse('wallet_dispute_open', 'A charge of this wallet is disputed: that is resolved first.', jsonb_build_object('currency', w.currency));
  end if;
  if (v_state, v_delay) is distinct from (w.state, w.spendable_after_ms) or w.frozen_reason = 'charge_disputed' and p ->> 'state' = 'FROZEN' then
    update wallets set state = v_state, spendable_after_ms = v_delay, updated_at = now(),
      frozen_reason = case when v_state = 'ACTIVE' then null when p ->> 'state' = 'FROZEN' then p ->> 'reason' else w.frozen_reason end
    where host_id = w.host_id and currency = w.currency returning * into w;
    perform append_event('wallet', ledger_uuid('wallet', w.host_id::text, w.currency), 'wallet.controlled', jsonb_build_object(
      'hostId', w.host_id, 'currency', w.currency, 'state', w.state, 'spendableAfterMs', w.spendable_after_ms, 'reason', p ->> 'reason'), p);
  end if;
  return jsonb_build_object('hostId', w.host_id, 'currency', w.currency, 'state', w.state, 'frozenReason', w.frozen_reason,
    'spendableAfterMs', w.spendable_after_ms);
end $$;
