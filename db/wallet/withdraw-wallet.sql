-- Money of a wallet goes to its host. Locks the wallet, the withdrawal, its intent, and the accounts last. What is
-- withdrawn stays pending on the ledger, whatever becomes of single intents, until the withdrawal ends.
create or replace function begin_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  w wallets;
  d wallet_withdrawals;
  v_id uuid := (p ->> 'withdrawalId')::uuid;
  v_host uuid := (p ->> 'hostId')::uuid;
  v_currency text := p ->> 'currency';
  v_amount bigint := (p ->> 'amountMinor')::bigint;
  v_fee bigint;
begin
  w := lock_active_wallet(v_host, v_currency, (select true from wallet_withdrawals where id = v_id) is null);
  select * into d from wallet_withdrawals where id = v_id;
  if found then
    if (d.host_id, d.currency, d.amount_minor) is distinct from (v_host, v_currency, v_amount) then
      perform refuse('idempotency_key_reused', 'This id belongs to a withdrawal with other inputs.', jsonb_build_object('withdrawalId', v_id));
    end if;
    return withdrawal_step(d);
  end if;
  if w.payout_account is null then
    perform refuse('payout_account_missing', format('Say first where money in %s goes.', v_currency), jsonb_build_object('currency', v_currency));
  end if;
  v_fee := wallet_fee_share(v_host, v_currency, v_amount);
  if v_amount - v_fee < greatest((p ->> 'payoutMinimumMinor')::bigint, 1) then
    perform refuse('withdrawal_too_small', 'After the fee that it carries, that is less than can be paid out.', jsonb_build_object(
      'currency', v_currency, 'feeMinor', v_fee::text, 'payoutMinimumMinor', greatest((p ->> 'payoutMinimumMinor')::bigint, 1)::text));
  end if;
  insert into wallet_withdrawals (id, host_id, currency, amount_minor, fee_minor)
  values (v_id, v_host, v_currency, v_amount, v_fee) returning * into d;
  -- While payouts are halted the money is set aside, and its payout begins later.
  if halt_of_payouts(v_currency) is null then perform open_withdrawal_intent(d, w.payout_account); end if;
  perform append_withdrawal_event(d, 'wallet.withdrawal.requested', p);
  perform ledger_book(array[
    ledger_transfer('pending', withdrawal_transfer(d, 'cash'), ledger_account('host:wallet', v_host::text, v_currency),
      ledger_account('provider:clearing', 'platform', v_currency), v_amount - v_fee, v_currency, 'withdraw', d.id::text),
    ledger_transfer('pending', withdrawal_transfer(d, 'fee'), ledger_account('host:wallet', v_host::text, v_currency),
      ledger_account('fees:funding', v_host::text, v_currency), v_fee, v_currency, 'withdraw.fee', d.id::text)]);
  return withdrawal_step(d);
end $$;

create or replace function withdrawal_transfer(d wallet_withdrawals, p_part text) returns uuid language sql immutable as $$
  select ledger_uuid('transfer', 'withdraw', d.id::text, p_part)
$$;

create or replace function withdrawal_resolutions(p_kind text, d wallet_withdrawals) returns ledger_line[] language sql immutable as $$
  select array_agg(ledger_resolve(p_kind, withdrawal_transfer(d, part), code || '.' || p_kind, d.id::text))
  from (values ('cash', 'withdraw', d.amount_minor - d.fee_minor), ('fee', 'withdraw.fee', d.fee_minor)) v(part, code, minor) where minor > 0
$$;

create or replace function lock_withdrawal(p_id uuid) returns wallet_withdrawals language plpgsql as $$
declare
  d wallet_withdrawals;
begin
  select * into d from wallet_withdrawals where id = p_id for no key update;
  if not found then perform refuse('withdrawal_not_found', 'There is no such withdrawal.', jsonb_build_object('withdrawalId', p_id)); end if;
  return d;
end $$;

create or replace function open_withdrawal_intent(d wallet_withdrawals, p_account text) returns void language plpgsql as $$
declare
  v_number int := (select coalesce(max(i.number), 0) + 1 from wallet_withdrawal_intents i where i.withdrawal_id = d.id);
begin
  insert into wallet_withdrawal_intents (id, withdrawal_id, number, amount_minor, currency, destination_account)
  values (ledger_uuid('withdrawal-intent', d.id::text, v_number::text), d.id, v_number, d.amount_minor - d.fee_minor, d.currency, p_account);
end $$;

-- What is to be sent, or looked up, now: a new intent where the last one ended for want of balance, or none was made
-- because payouts were halted. A wallet that was frozen meanwhile sends no new one.
create or replace function next_withdrawal_step(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals;
  w wallets;
begin
  select * into d from wallet_withdrawals where id = (p ->> 'withdrawalId')::uuid;
  select * into w from wallets where host_id = d.host_id and currency = d.currency for no key update;
  d := lock_withdrawal((p ->> 'withdrawalId')::uuid);
  if w.state = 'ACTIVE' and halt_of_payouts(d.currency) is null and (d.state = 'WAITING_FOR_BALANCE' or d.state = 'PAYING'
      and (select i.id from wallet_withdrawal_intents i where i.withdrawal_id = d.id and i.state not in ('FAILED_DEFINITE', 'REVERSED')) is null) then
    perform open_withdrawal_intent(d, w.payout_account);
    update wallet_withdrawals set state = 'PAYING', failure_code = null, updated_at = now() where id = d.id returning * into d;
  end if;
  return withdrawal_step(d);
end $$;

create or replace function lock_withdrawal_intent(d wallet_withdrawals, p_id uuid) returns wallet_withdrawal_intents language plpgsql as $$
declare
  i wallet_withdrawal_intents;
begin
  select * into strict i from wallet_withdrawal_intents where id = p_id and withdrawal_id = d.id for no key update;
  return i;
end $$;

-- The provider has paid; its own fee for that is the platform's cost.
create or replace function complete_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals := lock_withdrawal((p ->> 'withdrawalId')::uuid);
  i wallet_withdrawal_intents := lock_withdrawal_intent(d, (p ->> 'intentId')::uuid);
begin
  if i.state in ('SENT', 'UNKNOWN') then
    update wallet_withdrawal_intents set state = 'SUCCEEDED', provider_id = p ->> 'providerId',
      payout_fee_minor = (p ->> 'payoutFeeMinor')::bigint, updated_at = now() where id = i.id returning * into i;
    update wallet_withdrawals set state = 'SUCCEEDED', failure_code = null, updated_at = now() where id = d.id returning * into d;
    perform append_withdrawal_event(d, 'wallet.withdrawal.succeeded', p);
    perform ledger_book(withdrawal_resolutions('post', d) || ledger_transfer('posted', ledger_uuid('transfer', 'withdraw', i.id::text, 'payout-fee'),
      ledger_account('provider:costs', 'platform', d.currency), ledger_account('provider:clearing', 'platform', d.currency),
      i.payout_fee_minor, d.currency, 'payout.fee', d.id::text));
  elsif i.state not in ('SUCCEEDED', 'REVERSED') then
    raise exception 'intent % is % and cannot succeed', i.id, i.state;
  end if;
  return withdrawal_step(d);
end $$;

-- The provider has definitely refused. For want of balance in the pool the withdrawal waits, and is tried again under a
-- new intent; for any other reason it fails, and the money is the wallet's again.
create or replace function refuse_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals := lock_withdrawal((p ->> 'withdrawalId')::uuid);
  i wallet_withdrawal_intents := lock_withdrawal_intent(d, (p ->> 'intentId')::uuid);
begin
  if i.state in ('SENT', 'UNKNOWN') then
    update wallet_withdrawal_intents set state = 'FAILED_DEFINITE', failure_code = p ->> 'failureCode', updated_at = now() where id = i.id;
    if (p ->> 'balanceShort')::boolean then
      update wallet_withdrawals set state = 'WAITING_FOR_BALANCE', failure_code = p ->> 'failureCode', updated_at = now()
      where id = d.id returning * into d;
      perform append_withdrawal_event(d, 'wallet.withdrawal.waiting_for_balance', p);
    else
      return fail_withdrawal(d, p ->> 'failureCode', p);
    end if;
  elsif i.state <> 'FAILED_DEFINITE' then
    raise exception 'intent % is % and cannot be refused', i.id, i.state;
  end if;
  return withdrawal_step(d);
end $$;

create or replace function fail_withdrawal(d wallet_withdrawals, p_code text, p jsonb) returns jsonb language plpgsql as $$
begin
  update wallet_withdrawals set state = 'FAILED', failure_code = p_code, updated_at = now() where id = d.id returning * into d;
  perform append_withdrawal_event(d, 'wallet.withdrawal.failed', p);
  perform ledger_book(withdrawal_resolutions('void', d));
  return withdrawal_step(d);
end $$;

-- Nobody can say what became of the payout: a person has to look. The pending entries stay.
create or replace function park_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals := lock_withdrawal((p ->> 'withdrawalId')::uuid);
begin
  update wallet_withdrawal_intents set state = 'UNKNOWN', updated_at = now() where withdrawal_id = d.id and state = 'SENT';
  if d.state = 'PAYING' then
    update wallet_withdrawals set state = 'NEEDS_ATTENTION', failure_code = p ->> 'reason', case_number = case_number + 1, updated_at = now()
    where id = d.id returning * into d;
    perform append_withdrawal_event(d, 'wallet.withdrawal.needs_attention', p);
  end if;
  return withdrawal_step(d);
end $$;

-- Finance has decided on a parked withdrawal: to ask the provider again, or, two people, that it was never paid and the
-- money is the wallet's again. A repeat of the same decision finds it done.
create or replace function decide_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals := lock_withdrawal((p ->> 'withdrawalId')::uuid);
begin
  if d.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('withdrawalId', d.id, 'caseNumber', d.case_number));
  elsif d.state <> 'NEEDS_ATTENTION' then
    return withdrawal_step(d);
  elsif p ->> 'kind' = 'retry' then
    update wallet_withdrawals set state = 'PAYING', failure_code = null, updated_at = now() where id = d.id returning * into d;
    perform append_withdrawal_event(d, 'wallet.withdrawal.retried', p);
    return withdrawal_step(d);
  end if;
  if (select x.approved_by from decisions x where x.subject_type = 'withdrawal' and x.subject_id = d.id and x.case_number = d.case_number
      and x.kind = 'give_back') is null then
    perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('withdrawalId', d.id));
  end if;
  update wallet_withdrawal_intents set state = 'FAILED_DEFINITE', failure_code = 'given_back', updated_at = now()
  where withdrawal_id = d.id and state in ('SENT', 'UNKNOWN');
  return fail_withdrawal(d, 'given_back', p);
end $$;

-- The provider says that a payout came back: the wallet has it again, with the fee that it carried.
create or replace function return_withdrawal(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_withdrawals := lock_withdrawal((p ->> 'withdrawalId')::uuid);
begin
  if d.state = 'SUCCEEDED' then
    update wallet_withdrawal_intents set state = 'REVERSED', updated_at = now() where withdrawal_id = d.id and state = 'SUCCEEDED';
    update wallet_withdrawals set state = 'RETURNED', failure_code = 'returned', updated_at = now() where id = d.id returning * into d;
    perform append_withdrawal_event(d, 'wallet.withdrawal.returned', p);
    perform ledger_book(array(select ledger_reversal(ledger_uuid('transfer', l.id::text, 'return'), l.id, l.code || '.return', d.id::text)
      from unnest(withdrawal_resolutions('post', d)) l));
  elsif d.state not in ('RETURNED', 'FAILED') then
    -- Whoever pays it is about to hear the same.
    raise exception 'withdrawal % is % and cannot come back yet', d.id, d.state;
  end if;
  return withdrawal_step(d);
end $$;

create or replace function withdrawal_step(d wallet_withdrawals) returns jsonb language sql stable as $$
  select withdrawal_answer(d) || jsonb_build_object('haltId', case when d.state in ('PAYING', 'WAITING_FOR_BALANCE') and not exists (
      select from wallet_withdrawal_intents i where i.withdrawal_id = d.id and i.state in ('SENT', 'UNKNOWN')) then halt_of_payouts(d.currency) end,
    'intent', case when d.state = 'PAYING' then open_withdrawal_intent_of(d) end,
    'parkedIntent', case when d.state = 'NEEDS_ATTENTION' then open_withdrawal_intent_of(d) end)
$$;

create or replace function open_withdrawal_intent_of(d wallet_withdrawals) returns jsonb language sql stable as $$
  select jsonb_build_object('intentId', i.id, 'amountMinor', i.amount_minor::text, 'currency', i.currency,
    'destinationAccount', i.destination_account, 'firstSentAt', i.first_sent_at)
  from wallet_withdrawal_intents i where i.withdrawal_id = d.id and i.state in ('SENT', 'UNKNOWN')
$$;

create or replace function withdrawal_answer(d wallet_withdrawals) returns jsonb language sql immutable as $$
  select jsonb_build_object('withdrawalId', d.id, 'hostId', d.host_id, 'currency', d.currency, 'amountMinor', d.amount_minor::text,
    'feeMinor', d.fee_minor::text, 'paidMinor', (d.amount_minor - d.fee_minor)::text, 'state', d.state, 'failureCode', d.failure_code,
    'caseNumber', d.case_number, 'createdAt', d.created_at)
$$;

create or replace function append_withdrawal_event(d wallet_withdrawals, p_type text, p jsonb) returns void language sql as $$
  select append_event('wallet_withdrawal', d.id, p_type, jsonb_build_object('hostId', d.host_id, 'currency', d.currency,
    'amountMinor', d.amount_minor::text, 'feeMinor', d.fee_minor::text, 'state', d.state, 'failureCode', d.failure_code,
    'caseNumber', d.case_number, 'reason', p ->> 'reason'), p)
$$;
