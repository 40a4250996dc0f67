-- Sets money of a wallet aside, and fixes the funding fee that goes with it. A refusal leaves no row anywhere.
create or replace function hold_wallet(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  h wallet_holds;
  v_host uuid := (p ->> 'hostId')::uuid;
  v_currency text := p ->> 'currency';
  v_gross bigint := (p ->> 'grossMinor')::bigint;
  v_wallet uuid;
  v_fees uuid;
begin
  -- The wallet's row comes first in every command that spends: whoever raced us under this id has committed then.
  perform lock_active_wallet(v_host, v_currency, (select true from wallet_holds where id = (p ->> 'id')::uuid) is null);
  select * into h from wallet_holds where id = (p ->> 'id')::uuid for no key update;
  if found then
    if h.state = 'VOIDED' then perform refuse('ledger_transfer_voided', 'This hold was undone.', jsonb_build_object('holdId', h.id)); end if;
    if (h.host_id, h.currency, h.gross_minor) is distinct from (v_host, v_currency, v_gross) then
      perform refuse('ledger_transfer_conflict', 'This hold stands with other inputs.', jsonb_build_object('holdId', h.id));
    end if;
    return hold_answer(h);
  end if;

  v_wallet := ledger_account('host:wallet', v_host::text, v_currency);
  v_fees := ledger_account('fees:funding', v_host::text, v_currency);
  insert into wallet_holds (id, host_id, currency, giveaway_id, gross_minor, fee_minor)
  values ((p ->> 'id')::uuid, v_host, v_currency, (p ->> 'giveawayId')::uuid, v_gross, wallet_fee_share(v_host, v_currency, v_gross))
  returning * into h;
  perform append_hold_event(h, 'wallet.hold.created', p);
  -- The same id on both books: the auditor looks each transfer of one clearing account up on the other side.
  perform ledger_book(array[
    ledger_transfer('pending', ledger_uuid('transfer', 'publish', h.id::text, 'clearing'), v_wallet,
      ledger_account('clearing:giftcard', 'platform', v_currency), h.gross_minor - h.fee_minor, v_currency, 'publish.hold', h.id::text),
    ledger_transfer('pending', ledger_uuid('transfer', 'publish', h.id::text, 'wallet-fee'), v_wallet, v_fees, h.fee_minor,
      v_currency, 'publish.hold.fee', h.id::text)]);
  return hold_answer(h);
end $$;

-- The wallet, locked, for a command that spends.
create or replace function lock_active_wallet(p_host uuid, p_currency text, p_must_be_active boolean) returns wallets language plpgsql as $$
declare
  w wallets;
begin
  select * into w from wallets where host_id = p_host and currency = p_currency for no key update;
  if not found then
    perform refuse('wallet_not_found', format('There is no wallet in %s: fund one first.', p_currency), jsonb_build_object('currency', p_currency));
  end if;
  if p_must_be_active and w.state <> 'ACTIVE' then
    perform refuse('wallet_frozen', 'The wallet is frozen.', jsonb_build_object('currency', p_currency));
  end if;
  return w;
end $$;

-- What may be spent now, and the unrecovered fee of it: posted less pending out, less what was charged too lately.
create or replace function spendable(
  p_host uuid, p_currency text, out available bigint, out carried_fee bigint, out waiting bigint
) language sql stable as $$
  select coalesce(w.credits_posted - w.debits_posted - w.debits_pending, 0),
    coalesce(f.debits_posted - f.credits_posted - f.credits_pending, 0),
    case when v.spendable_after_ms = 0 then 0 else coalesce((
      select sum(c.amount_minor) from wallet_fundings c where c.host_id = p_host and c.currency = p_currency
        and c.credited_at > clock_timestamp() - make_interval(secs => v.spendable_after_ms / 1000.0)), 0) end
  from wallets v
  left join ledger_balances w on w.id = ledger_uuid('account', 'host:wallet', p_host::text, p_currency)
  left join ledger_balances f on f.id = ledger_uuid('account', 'fees:funding', p_host::text, p_currency)
  where v.host_id = p_host and v.currency = p_currency
$$;

-- The part of the wallet's unrecovered fee that goes with an amount: ⌊φ·x/V⌋, all of it with the last unit.
create or replace function wallet_fee_share(p_host uuid, p_currency text, p_amount_minor bigint) returns bigint language plpgsql as $$
declare
  v record;
begin
  select * into v from spendable(p_host, p_currency);
  if p_amount_minor > v.available then
    perform refuse('wallet_insufficient_funds', 'That is more than the wallet has available.', jsonb_build_object(
      'currency', p_currency, 'neededMinor', p_amount_minor::text, 'availableMinor', v.available::text));
  elsif p_amount_minor > v.available - v.waiting then
    perform refuse('wallet_funds_not_yet_spendable', 'Part of the wallet was charged too lately to be spent.', jsonb_build_object(
      'currency', p_currency, 'neededMinor', p_amount_minor::text, 'spendableMinor', greatest(v.available - v.waiting, 0)::text));
  end if;
  return div(v.carried_fee::numeric * p_amount_minor, v.available);
end $$;

-- The pivot of a publish: the money goes over to the giftcard book. From here the saga only goes forward.
create or replace function post_wallet_hold(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  h wallet_holds;
begin
  select * into h from wallet_holds where id = (p ->> 'id')::uuid;
  if not found then raise exception 'there is no hold %', p ->> 'id'; end if;
  perform lock_active_wallet(h.host_id, h.currency, h.state = 'HELD');
  select * into h from wallet_holds where id = h.id for no key update;
  if h.state = 'VOIDED' then perform refuse('ledger_transfer_voided', 'This hold was undone.', jsonb_build_object('holdId', h.id)); end if;
  if h.state = 'HELD' then
    update wallet_holds set state = 'POSTED', updated_at = now() where id = h.id returning * into h;
    perform append_hold_event(h, 'wallet.hold.posted', p);
    perform ledger_book(hold_resolutions('post', h));
  end if;
  return hold_answer(h);
end $$;

-- The undo of a hold. Where nothing was held it leaves the ledger's mark, so that a late hold under this id is refused.
create or replace function void_wallet_hold(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  h wallet_holds;
begin
  select * into h from wallet_holds where id = (p ->> 'id')::uuid for no key update;
  if not found then
    perform ledger_book(array[ledger_resolve('void', ledger_uuid('transfer', 'publish', p ->> 'id', 'clearing'), 'publish.void', p ->> 'id')]);
    return '{}';
  end if;
  if h.state = 'POSTED' then raise exception 'hold % is posted and cannot be voided', h.id; end if;
  if h.state = 'HELD' then
    update wallet_holds set state = 'VOIDED', updated_at = now() where id = h.id returning * into h;
    perform append_hold_event(h, 'wallet.hold.voided', p);
    perform ledger_book(hold_resolutions('void', h));
  end if;
  return '{}';
end $$;

create or replace function hold_resolutions(p_kind text, h wallet_holds) returns ledger_line[] language sql stable as $$
  select coalesce(array_agg(ledger_resolve(p_kind, ledger_uuid('transfer', 'publish', h.id::text, name), 'publish.' || p_kind, h.id::text)), '{}')
  from (values ('clearing', h.gross_minor - h.fee_minor), ('wallet-fee', h.fee_minor)) v(name, amount_minor) where amount_minor > 0
$$;

create or replace function hold_answer(h wallet_holds) returns jsonb language sql immutable as $$
  select jsonb_build_object('id', h.id, 'hostId', h.host_id, 'currency', h.currency, 'giveawayId', h.giveaway_id,
    'grossMinor', h.gross_minor::text, 'feeMinor', h.fee_minor::text, 'state', h.state)
$$;

create or replace function append_hold_event(h wallet_holds, p_type text, p jsonb) returns void language sql as $$
  select append_event('wallet_hold', h.id, p_type, jsonb_build_object('hostId', h.host_id, 'giveawayId', h.giveaway_id,
    'currency', h.currency, 'grossMinor', h.gross_minor::text, 'feeMinor', h.fee_minor::text), p)
$$;
