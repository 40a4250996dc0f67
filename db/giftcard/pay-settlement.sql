-- What is next for a settlement, under its lock: the live intent of the merchant's leg, then of the platform's, a new
-- one where there is none, and SETTLED when nothing is left to pay. Each intent comes with its pending entry, before
-- the provider is called; after a definite refusal a new one is made, because a provider replays a stored refusal.
-- The entries are handed back: a command books all it has in one go, so that it takes its locks in one order.
create or replace function advance_settlement(p_settlement_id uuid, p jsonb, out step jsonb, out lines ledger_line[])
language plpgsql as $$
declare
  s settlements;
  i settlement_intents;
begin
  lines := '{}';
  s := lock_settlement(p_settlement_id);
  -- What waits for a person opens no intent.
  if s.state <> 'SETTLING' then step := settlement_step(s, null); return; end if;
  if s.merchant_minor > s.written_off_minor then
    i := live_intent(s, 'merchant');
    if i.id is null then
      if halt_of_payouts(s.currency) is not null then step := settlement_step(s, null); return; end if;
      i := open_intent(s, 'merchant', s.merchant_minor);
      lines := array[intent_transfer(s, i)];
    end if;
    if i.state <> 'SUCCEEDED' then step := settlement_step(s, i); return; end if;
  end if;
  if s.service_minor <> s.carried_minor then
    i := live_intent(s, 'platform');
    if i.id is null and not platform_share_payable(s.service_minor - s.carried_minor, s.currency, p) then
      s := carry_platform_share(s, p);
    else
      if i.id is null then
        if halt_of_payouts(s.currency) is not null then step := settlement_step(s, null); return; end if;
        i := open_intent(s, 'platform', s.service_minor - s.carried_minor);
        lines := array[intent_transfer(s, i)];
      end if;
      if i.state <> 'SUCCEEDED' then step := settlement_step(s, i); return; end if;
    end if;
  end if;
  update settlements set state = 'SETTLED', reason = null, updated_at = now() where id = s.id returning * into s;
  -- Those of a batch follow piece by piece (settle_escrows): ten thousand rows are too many for one transaction.
  if s.kind = 'instant' then
    update card_escrows set state = 'SETTLED', updated_at = now() where state = 'SETTLING' and redemption_id = s.redemption_id;
  end if;
  perform append_settlement_event(s, 'giftcard.settlement.settled', jsonb_build_object('state', s.state), p);
  step := settlement_step(s, null);
end $$;

create or replace function settle_step(p jsonb) returns jsonb language sql as $$
  select start_settlement((p ->> 'settlementId')::uuid, p)
$$;

create or replace function settlement_step(s settlements, i settlement_intents) returns jsonb language sql stable as $$
  select jsonb_build_object('settlementId', s.id, 'state', s.state, 'caseNumber', s.case_number, 'reason', s.reason,
    'haltId', case when s.state = 'SETTLING' and i.id is null then halt_of_payouts(s.currency) end, 'intent',
    case when i.id is not null then jsonb_build_object('intentId', i.id, 'leg', i.leg, 'amountMinor', i.amount_minor::text,
      'currency', i.currency, 'destinationAccount', i.destination_account, 'state', i.state, 'firstSentAt', i.first_sent_at) end)
$$;

create or replace function lock_settlement(p_id uuid) returns settlements language plpgsql as $$
declare
  s settlements;
begin
  select * into s from settlements where id = p_id for no key update;
  if not found then perform refuse('settlement_not_found', 'There is no such settlement.', jsonb_build_object('settlementId', p_id)); end if;
  return s;
end $$;

create or replace function live_intent(s settlements, p_leg text) returns settlement_intents language sql stable as $$
  select i from settlement_intents i
  where i.settlement_id = s.id and i.leg = p_leg and i.state not in ('FAILED_DEFINITE', 'REVERSED')
$$;

-- tx1 of a leg: the intent; its pending entry is intent_transfer.
create or replace function open_intent(s settlements, p_leg text, p_amount_minor bigint) returns settlement_intents language plpgsql as $$
declare
  i settlement_intents;
  v_number int;
begin
  if p_leg = 'platform' and s.merchant_minor > s.written_off_minor and (live_intent(s, 'merchant')).state is distinct from 'SUCCEEDED' then
    raise exception 'the merchant leg of settlement % has not succeeded', s.id;
  end if;
  select coalesce(max(number), 0) + 1 into v_number from settlement_intents where settlement_id = s.id and leg = p_leg;
  insert into settlement_intents (id, settlement_id, leg, number, amount_minor, currency, destination_account)
  values (ledger_uuid('settlement-intent', s.id::text, p_leg, v_number::text), s.id, p_leg, v_number, p_amount_minor, s.currency,
          case p_leg when 'merchant' then coalesce(s.payout_account, (select m.payout_account from merchants m where m.id = s.merchant_id)) end)
  returning * into i;
  return i;
end $$;

create or replace function intent_transfer(s settlements, i settlement_intents) returns ledger_line language plpgsql as $$
begin
  return ledger_transfer('pending', ledger_uuid('transfer', 'settle', i.id::text),
    case i.leg when 'merchant' then ledger_account('merchant:payable', s.merchant_id::text, s.currency)
      else ledger_account('platform:fees', 'platform', s.currency) end,
    ledger_account('provider:clearing', 'platform', s.currency), i.amount_minor, s.currency, 'settle.' || i.leg, s.id::text);
end $$;

-- Our share waits for a later settlement while it is negative, below the provider's minimum, or while merchants owe us
-- more than the platform's reserve covers.
create or replace function platform_share_payable(p_service_minor bigint, p_currency text, p jsonb) returns boolean language sql stable as $$
  select p_service_minor >= greatest((p ->> 'payoutMinimumMinor')::bigint, 1)
    and coalesce((select sum(a.debits_posted - a.credits_posted) from ledger_balances a
                  where a.type = 'merchant:receivable' and a.currency = p_currency), 0) <= (p ->> 'platformReserveMinor')::bigint
$$;

create or replace function carry_platform_share(s settlements, p jsonb) returns settlements language plpgsql as $$
begin
  insert into settlement_lines (id, kind, merchant_id, currency, gross_minor, fee_minor, service_minor, merchant_minor)
  values (ledger_uuid('settlement-line', s.id::text, 'carried'), 'carried', null, s.currency, 0, 0, s.service_minor - s.carried_minor, 0);
  update settlements set carried_minor = service_minor, updated_at = now() where id = s.id returning * into s;
  perform append_settlement_event(s, 'giftcard.settlement.platform_carried', jsonb_build_object('amountMinor', s.carried_minor::text), p);
  return s;
end $$;

-- tx2 of a leg that the provider has carried out, and what comes next.
create or replace function complete_leg(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements;
  i settlement_intents;
  v record;
  v_lines ledger_line[] := '{}';
begin
  s := lock_settlement((p ->> 'settlementId')::uuid);
  select * into strict i from settlement_intents where id = (p ->> 'intentId')::uuid and settlement_id = s.id;
  if i.state in ('SENT', 'UNKNOWN') then
    v_lines := array[
      ledger_resolve('post', ledger_uuid('transfer', 'settle', i.id::text), format('settle.%s.post', i.leg), s.id::text),
      ledger_transfer('posted', ledger_uuid('transfer', 'settle', i.id::text, 'payout-fee'),
        ledger_account('provider:costs', 'platform', i.currency), ledger_account('provider:clearing', 'platform', i.currency),
        (p ->> 'payoutFeeMinor')::bigint, i.currency, 'payout.fee', s.id::text)];
    update settlement_intents set state = 'SUCCEEDED', provider_id = p ->> 'providerId',
      payout_fee_minor = (p ->> 'payoutFeeMinor')::bigint, updated_at = now() where id = i.id;
    perform append_settlement_event(s, format('giftcard.settlement.%s_paid', i.leg),
      jsonb_build_object('intentId', i.id, 'amountMinor', i.amount_minor::text), p);
  elsif i.state <> 'SUCCEEDED' then
    raise exception 'intent % is % and cannot succeed', i.id, i.state;
  end if;
  select * into v from advance_settlement(s.id, p);
  perform ledger_book(v_lines || v.lines);
  return v.step;
end $$;

-- tx2 of a leg that the provider has definitely refused: the intent ends, and the money is owed as before.
create or replace function refuse_leg(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements;
  i settlement_intents;
begin
  s := lock_settlement((p ->> 'settlementId')::uuid);
  select * into strict i from settlement_intents where id = (p ->> 'intentId')::uuid and settlement_id = s.id;
  if i.state in ('SENT', 'UNKNOWN') then
    perform ledger_book(array[
      ledger_resolve('void', ledger_uuid('transfer', 'settle', i.id::text), format('settle.%s.void', i.leg), s.id::text)]);
    update settlement_intents set state = 'FAILED_DEFINITE', failure_code = p ->> 'failureCode', updated_at = now() where id = i.id;
    perform append_settlement_event(s, format('giftcard.settlement.%s_refused', i.leg),
      jsonb_build_object('intentId', i.id, 'reason', p ->> 'failureCode'), p);
  elsif i.state <> 'FAILED_DEFINITE' then
    raise exception 'intent % is % and cannot be refused', i.id, i.state;
  end if;
  return jsonb_build_object('settlementId', s.id, 'state', s.state);
end $$;

-- A person has to decide. @returns the case's number, which every decision must carry.
create or replace function park_settlement(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  s settlements;
begin
  s := lock_settlement((p ->> 'settlementId')::uuid);
  if s.state = 'SETTLED' then raise exception 'settlement % is settled and cannot be parked', s.id; end if;
  if s.state = 'SETTLING' then
    update settlements set state = 'NEEDS_ATTENTION', reason = p ->> 'reason', case_number = case_number + 1, updated_at = now()
    where id = s.id returning * into s;
    perform append_settlement_event(s, 'giftcard.settlement.needs_attention',
      jsonb_build_object('state', s.state, 'reason', s.reason, 'caseNumber', s.case_number), p);
  end if;
  return settlement_step(s, null);
end $$;

create or replace function append_settlement_event(s settlements, p_type text, p_payload jsonb, p jsonb) returns void language sql as $$
  select append_event('settlement', s.id, p_type, jsonb_build_object('merchantId', s.merchant_id, 'cardId', s.card_id) || p_payload, p)
$$;
