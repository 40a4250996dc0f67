create or replace function funding_answer(f wallet_fundings) returns jsonb language sql immutable as $$
  select jsonb_build_object('fundingId', f.id, 'hostId', f.host_id, 'currency', f.currency, 'amountMinor', f.amount_minor::text,
    'state', f.state, 'feeMinor', f.fee_minor::text, 'failureCode', f.failure_code, 'caseNumber', f.case_number, 'firstSentAt', f.first_sent_at)
$$;

create or replace function lock_funding(p_id uuid) returns wallet_fundings language plpgsql as $$
declare
  f wallet_fundings;
begin
  select * into f from wallet_fundings where id = p_id for no key update;
  if not found then perform refuse('funding_not_found', 'There is no such funding.', jsonb_build_object('fundingId', p_id)); end if;
  return f;
end $$;

-- The intent, before the provider is called: its row and the pending entry of the amount.
create or replace function begin_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings;
begin
  insert into wallets (host_id, currency) values ((p ->> 'hostId')::uuid, p ->> 'currency') on conflict do nothing;
  insert into wallet_fundings (id, host_id, currency, amount_minor, source)
  values ((p ->> 'fundingId')::uuid, (p ->> 'hostId')::uuid, p ->> 'currency', (p ->> 'amountMinor')::bigint, p ->> 'source')
  on conflict (id) do nothing returning * into f;
  if f.id is null then
    f := lock_funding((p ->> 'fundingId')::uuid);
    if (f.host_id, f.currency, f.amount_minor, f.source) is distinct from
       ((p ->> 'hostId')::uuid, p ->> 'currency', (p ->> 'amountMinor')::bigint, p ->> 'source') then
      perform refuse('idempotency_key_reused', 'This id belongs to a funding with other inputs.', jsonb_build_object('fundingId', f.id));
    end if;
    return funding_answer(f);
  end if;
  perform append_funding_event(f, 'wallet.funding.started', p);
  perform ledger_book(array[ledger_transfer('pending', ledger_uuid('transfer', 'fund', f.id::text),
    ledger_account('provider:clearing', 'platform', f.currency), ledger_account('host:wallet', f.host_id::text, f.currency),
    f.amount_minor, f.currency, 'fund', f.id::text)]);
  return funding_answer(f);
end $$;

-- The charge is final and its fee is known: the money is the host's, and the fee travels with it until it is won back.
create or replace function complete_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings := lock_funding((p ->> 'fundingId')::uuid);
begin
  if f.state = 'SUCCEEDED' then return funding_answer(f); end if;
  if f.state = 'FAILED' then raise exception 'funding % has failed and cannot succeed', f.id; end if;
  if (p ->> 'feeMinor')::bigint > f.amount_minor then raise exception 'the fee of funding % is more than its amount', f.id; end if;
  update wallet_fundings set state = 'SUCCEEDED', fee_minor = (p ->> 'feeMinor')::bigint, provider_id = p ->> 'providerId',
    failure_code = null, credited_at = clock_timestamp(), updated_at = now()
  where id = f.id returning * into f;
  perform append_funding_event(f, 'wallet.funding.succeeded', p);
  perform ledger_book(array[
    ledger_resolve('post', ledger_uuid('transfer', 'fund', f.id::text), 'fund.post', f.id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'fund', f.id::text, 'fee'),
      ledger_account('fees:funding', f.host_id::text, f.currency), ledger_account('provider:clearing', 'platform', f.currency),
      f.fee_minor, f.currency, 'fund.fee', f.id::text)]);
  return funding_answer(f);
end $$;

-- The provider definitely refused: the pending entry is voided and nothing was ever spendable.
create or replace function fail_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings := lock_funding((p ->> 'fundingId')::uuid);
begin
  if f.state = 'FAILED' then return funding_answer(f); end if;
  if f.state = 'SUCCEEDED' then raise exception 'funding % has succeeded and cannot fail', f.id; end if;
  update wallet_fundings set state = 'FAILED', failure_code = p ->> 'failureCode', updated_at = now() where id = f.id returning * into f;
  perform append_funding_event(f, 'wallet.funding.failed', p);
  perform ledger_book(array[ledger_resolve('void', ledger_uuid('transfer', 'fund', f.id::text), 'fund.void', f.id::text)]);
  return funding_answer(f);
end $$;

-- Nobody can say what became of the charge: a person has to look. The pending entry stays.
create or replace function park_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings := lock_funding((p ->> 'fundingId')::uuid);
begin
  if f.state = 'PENDING' then
    update wallet_fundings set state = 'NEEDS_ATTENTION', failure_code = p ->> 'reason', case_number = case_number + 1, updated_at = now()
    where id = f.id returning * into f;
    perform append_funding_event(f, 'wallet.funding.needs_attention', p);
  end if;
  return funding_answer(f);
end $$;

-- Finance has the provider asked again about a parked funding: who and why stays in its history. The case stands until
-- somebody can say what became of the charge. Repeated under the same request it is noted once.
create or replace function decide_funding(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f wallet_fundings := lock_funding((p ->> 'fundingId')::uuid);
begin
  if f.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('fundingId', f.id, 'caseNumber', f.case_number));
  end if;
  if f.state = 'NEEDS_ATTENTION' and (select e.aggregate_id from domain_events e where e.aggregate_type = 'wallet_funding'
      and e.aggregate_id = f.id and e.type = 'wallet.funding.retried' and e.correlation_id = p ->> 'requestId' limit 1) is null then
    update wallet_fundings set updated_at = now() where id = f.id returning * into f;
    perform append_funding_event(f, 'wallet.funding.retried', p);
  end if;
  return funding_answer(f);
end $$;

create or replace function append_funding_event(f wallet_fundings, p_type text, p jsonb) returns void language sql as $$
  select append_event('wallet_funding', f.id, p_type, jsonb_build_object('hostId', f.host_id, 'currency', f.currency,
    'amountMinor', f.amount_minor::text, 'feeMinor', f.fee_minor::text, 'reason', f.failure_code, 'caseNumber', f.case_number,
    'decisionReason', p ->> 'decisionReason'), p)
$$;
