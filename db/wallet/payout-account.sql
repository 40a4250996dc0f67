-- A wallet's payout account; the wallet is opened where there is none. The event names no account: it stays in the row.
create or replace function set_payout_account(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_host uuid := (p ->> 'hostId')::uuid;
  v_currency text := p ->> 'currency';
begin
  insert into wallets (host_id, currency) values (v_host, v_currency) on conflict do nothing;
  perform 1 from wallets where host_id = v_host and currency = v_currency for no key update;
  update wallets set payout_account = p ->> 'payoutAccount', updated_at = now()
  where host_id = v_host and currency = v_currency and payout_account is distinct from p ->> 'payoutAccount';
  if found then
    perform append_event('wallet', ledger_uuid('wallet', v_host::text, v_currency), 'wallet.payout_account.changed',
      jsonb_build_object('hostId', v_host, 'currency', v_currency), p);
  end if;
  return '{}';
end $$;
