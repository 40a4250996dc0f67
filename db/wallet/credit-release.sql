-- Value that the giftcard book has released is the host's again, with its share of the funding fee; also where the
-- wallet is frozen. Repeated with the same id it changes nothing.
create or replace function credit_release(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'releaseId')::uuid;
  v_host uuid := (p ->> 'hostId')::uuid;
  v_currency text := p ->> 'currency';
  v_cash bigint := (p ->> 'cashMinor')::bigint;
  v_fee bigint := (p ->> 'feeMinor')::bigint;
  v_wallet uuid;
  w wallet_credits;
begin
  insert into wallet_credits (id, host_id, currency, cash_minor, fee_minor, reason, giveaway_id)
  values (v_id, v_host, v_currency, v_cash, v_fee, p ->> 'reason', (p ->> 'giveawayId')::uuid) on conflict (id) do nothing;
  if not found then
    select * into w from wallet_credits where id = v_id;
    if (w.host_id, w.currency, w.cash_minor, w.fee_minor) is distinct from (v_host, v_currency, v_cash, v_fee) then
      perform refuse('ledger_transfer_conflict', 'This release was credited with other amounts.', jsonb_build_object('releaseId', v_id));
    end if;
    return '{}';
  end if;
  v_wallet := ledger_account('host:wallet', v_host::text, v_currency);
  perform append_event('wallet_credit', v_id, 'wallet.credited', jsonb_build_object('hostId', v_host, 'currency', v_currency,
    'amountMinor', (v_cash + v_fee)::text, 'feeMinor', v_fee::text, 'reason', p ->> 'reason', 'giveawayId', p ->> 'giveawayId'), p);
  perform ledger_book(array[
    ledger_transfer('posted', ledger_uuid('transfer', 'release', v_id::text, 'clearing'),
      ledger_account('clearing:giftcard', 'platform', v_currency), v_wallet, v_cash, v_currency, 'release.credit', v_id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'release', v_id::text, 'wallet-fee'),
      ledger_account('fees:funding', v_host::text, v_currency), v_wallet, v_fee, v_currency, 'release.credit.fee', v_id::text)]);
  return '{}';
end $$;
