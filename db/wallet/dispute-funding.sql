-- A payer disputes a charge, and the provider has taken the money back: the wallet is frozen and pays what it has
-- available, the host owes the rest, and the fee that the paid part carried is lost. What is pending out is left alone.
-- Locks the wallet, the dispute, and the accounts last. Repeated for the same charge it returns the first result.
create or replace function dispute_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings;
  d wallet_disputes;
  v record;
  v_amount bigint;
  v_taken bigint;
  v_wallet uuid;
  v_provider uuid;
begin
  select * into f from wallet_fundings where id = (p ->> 'fundingId')::uuid;
  if not found then perform refuse('funding_not_found', 'There is no such funding.', jsonb_build_object('fundingId', p ->> 'fundingId')); end if;
  perform lock_active_wallet(f.host_id, f.currency, false);
  select * into d from wallet_disputes where id = f.id;
  if found then return dispute_answer(d); end if;
  select * into f from wallet_fundings where id = f.id;
  if f.state <> 'SUCCEEDED' then
    perform refuse('funding_not_credited', 'The charge is not booked yet.', jsonb_build_object('fundingId', f.id, 'state', f.state));
  end if;
  v_amount := least(coalesce((p ->> 'amountMinor')::bigint, f.amount_minor), f.amount_minor);
  select * into v from spendable(f.host_id, f.currency);
  v_taken := least(v_amount, v.available);
  insert into wallet_disputes (id, host_id, currency, amount_minor, taken_minor, receivable_minor, lost_fee_minor)
  values (f.id, f.host_id, f.currency, v_amount, v_taken, v_amount - v_taken,
    case when v.available > 0 then div(v.carried_fee::numeric * v_taken, v.available) else 0 end)
  returning * into d;
  -- A freeze of finance's own stays what it is, and outlives this one.
  update wallets set state = 'FROZEN', frozen_reason = 'charge_disputed', updated_at = now()
  where host_id = f.host_id and currency = f.currency and state = 'ACTIVE';
  perform append_dispute_event(d, 'wallet.dispute.opened', p);
  v_wallet := ledger_account('host:wallet', d.host_id::text, d.currency);
  v_provider := ledger_account('provider:clearing', 'platform', d.currency);
  perform ledger_book(array[
    ledger_transfer('posted', dispute_transfer(d.id, 'wallet'), v_wallet, v_provider, d.taken_minor, d.currency, 'dispute.wallet', d.id::text),
    ledger_transfer('posted', dispute_transfer(d.id, 'receivable'), ledger_account('host:receivable', d.host_id::text, d.currency), v_provider,
      d.receivable_minor, d.currency, 'dispute.receivable', d.id::text),
    ledger_transfer('posted', dispute_transfer(d.id, 'fee'), ledger_account('platform:losses', 'platform', d.currency),
      ledger_account('fees:funding', d.host_id::text, d.currency), d.lost_fee_minor, d.currency, 'dispute.fee', d.id::text)]);
  return dispute_answer(d);
end $$;

create or replace function dispute_transfer(p_id uuid, p_part text) returns uuid language sql immutable as $$
  select ledger_uuid('transfer', 'dispute', p_id::text, p_part)
$$;

create or replace function lock_dispute(p_id uuid) returns wallet_disputes language plpgsql as $$
declare
  d wallet_disputes;
begin
  select * into d from wallet_disputes where id = p_id;
  if not found then perform refuse('dispute_not_found', 'There is no such dispute.', jsonb_build_object('disputeId', p_id)); end if;
  perform lock_active_wallet(d.host_id, d.currency, false);
  select * into d from wallet_disputes where id = p_id for no key update;
  return d;
end $$;

-- Finance has heard how it ended. Won: the provider has given the money back, and every booking of the dispute is
-- reversed. Lost: the debt stays. The wallet may be spent again when no other dispute and nobody else has frozen it.
create or replace function resolve_dispute(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_disputes := lock_dispute((p ->> 'disputeId')::uuid);
begin
  if d.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('disputeId', d.id, 'caseNumber', d.case_number));
  elsif d.state = p ->> 'outcome' then
    return dispute_answer(d);
  elsif d.state <> 'OPEN' then
    perform refuse('case_not_open', format('The dispute is %s.', d.state), jsonb_build_object('disputeId', d.id, 'state', d.state));
  elsif p ->> 'outcome' = 'WON' then
    perform require_whole_debt(d);
  end if;
  update wallet_disputes set state = p ->> 'outcome', resolution_reason = p ->> 'reason', resolved_by = p ->> 'actor', updated_at = now()
  where id = d.id returning * into d;
  update wallets w set state = 'ACTIVE', frozen_reason = null, updated_at = now()
  where w.host_id = d.host_id and w.currency = d.currency and w.frozen_reason = 'charge_disputed'
    and (select x.id from wallet_disputes x where x.host_id = d.host_id and x.currency = d.currency and x.state = 'OPEN' limit 1) is null;
  perform append_dispute_event(d, 'wallet.dispute.' || lower(d.state), p);
  if d.state = 'WON' then
    perform ledger_book(array(select ledger_reversal(ledger_uuid('transfer', t.id::text, 'won'), t.id, t.code || '.won', d.id::text)
      from ledger_transfers t where t.id in (dispute_transfer(d.id, 'wallet'), dispute_transfer(d.id, 'receivable'), dispute_transfer(d.id, 'fee'))));
  end if;
  return dispute_answer(d);
end $$;

-- Two people give up what a host owes for a lost dispute.
create or replace function write_off_dispute(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  d wallet_disputes := lock_dispute((p ->> 'disputeId')::uuid);
begin
  if d.state = 'WRITTEN_OFF' then return dispute_answer(d); end if;
  perform require_debt(d, (p ->> 'caseNumber')::int);
  if (select x.approved_by from decisions x where x.subject_type = 'dispute' and x.subject_id = d.id and x.case_number = d.case_number
      and x.kind = 'write_off') is null then
    perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('disputeId', d.id));
  end if;
  perform require_whole_debt(d);
  update wallet_disputes set state = 'WRITTEN_OFF', updated_at = now() where id = d.id returning * into d;
  perform append_dispute_event(d, 'wallet.dispute.written_off', p);
  perform ledger_book(array[ledger_transfer('posted', dispute_transfer(d.id, 'write-off'), ledger_account('platform:losses', 'platform', d.currency),
    ledger_account('host:receivable', d.host_id::text, d.currency), d.receivable_minor, d.currency, 'dispute.write-off', d.id::text)]);
  return dispute_answer(d);
end $$;

create or replace function require_debt(d wallet_disputes, p_case_number int) returns void language plpgsql as $$
begin
  if d.case_number <> p_case_number then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('disputeId', d.id, 'caseNumber', d.case_number));
  elsif d.state <> 'LOST' or d.receivable_minor = 0 then
    perform refuse('case_not_open', 'Nothing is owed for this dispute.', jsonb_build_object('disputeId', d.id, 'state', d.state));
  end if;
end $$;

-- A debt of which part was given up by hand is neither taken back nor given up as a whole: the ledger would refuse it, and
-- what the rows say would differ from what it says.
create or replace function require_whole_debt(d wallet_disputes) returns void language plpgsql as $$
declare
  v_owed bigint := coalesce((select b.debits_posted - b.credits_posted from ledger_balances b
    where b.id = ledger_uuid('account', 'host:receivable', d.host_id::text, d.currency)), 0);
begin
  if v_owed < d.receivable_minor then
    perform refuse('dispute_debt_adjusted', 'Part of this debt was given up by hand: reverse that first.', jsonb_build_object(
      'disputeId', d.id, 'receivableMinor', d.receivable_minor::text, 'owedMinor', v_owed::text));
  end if;
end $$;

create or replace function dispute_answer(d wallet_disputes) returns jsonb language sql immutable as $$
  select jsonb_build_object('disputeId', d.id, 'hostId', d.host_id, 'currency', d.currency, 'amountMinor', d.amount_minor::text,
    'takenMinor', d.taken_minor::text, 'receivableMinor', d.receivable_minor::text, 'lostFeeMinor', d.lost_fee_minor::text,
    'state', d.state, 'caseNumber', d.case_number, 'reason', d.resolution_reason, 'resolvedBy', d.resolved_by, 'createdAt', d.created_at)
$$;

create or replace function append_dispute_event(d wallet_disputes, p_type text, p jsonb) returns void language sql as $$
  select append_event('wallet_dispute', d.id, p_type, jsonb_build_object('hostId', d.host_id, 'currency', d.currency,
    'amountMinor', d.amount_minor::text, 'takenMinor', d.taken_minor::text, 'receivableMinor', d.receivable_minor::text,
    'lostFeeMinor', d.lost_fee_minor::text, 'state', d.state, 'caseNumber', d.case_number, 'reason', p ->> 'reason'), p)
$$;
