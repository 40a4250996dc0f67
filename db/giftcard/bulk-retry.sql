-- Parked settlements that a filter matches, without those that are past a cursor.
create or replace function match_parked_settlements(p_reason text, p_merchant_id uuid, p_currency text, p_until timestamptz, p_after uuid)
returns setof settlements language sql stable as $$
  select s.* from settlements s
  where s.state = 'NEEDS_ATTENTION' and s.updated_at <= p_until and (p_reason is null or s.reason = p_reason)
    and (p_merchant_id is null or s.merchant_id = p_merchant_id) and (p_currency is null or s.currency = p_currency)
    and (p_after is null or s.id > p_after)
  order by s.id
$$;

-- What a bulk retry would decide on; changes nothing.
create or replace function count_bulk_retry(p jsonb) returns jsonb language sql stable as $$
  with found as (
    select s.reason, s.currency, count(*) as count, sum(s.merchant_minor) as minor
    from match_parked_settlements(p ->> 'matchReason', (p ->> 'merchantId')::uuid, p ->> 'currency',
      clock_timestamp() - make_interval(secs => coalesce((p ->> 'minAgeMs')::float8, 0) / 1000.0), null) s
    group by s.reason, s.currency)
  select jsonb_build_object('matched', coalesce(sum(count), 0), 'byReason', coalesce(jsonb_agg(jsonb_build_object('reason', reason,
    'currency', currency, 'count', count, 'amountMinor', minor::text) order by count desc, reason, currency), '[]'))
  from found
$$;

-- Repeated with the same id it returns what stands.
create or replace function begin_bulk_retry(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  b bulk_retries;
begin
  insert into bulk_retries (id, match_reason, match_merchant_id, match_currency, parked_until, matched_count, matched_minor, reason, requested_by)
  select (p ->> 'bulkRetryId')::uuid, p ->> 'matchReason', (p ->> 'merchantId')::uuid, p ->> 'currency', t.until, count(s.id),
    coalesce(sum(s.merchant_minor), 0), p ->> 'reason', p ->> 'actor'
  from (select clock_timestamp() - make_interval(secs => coalesce((p ->> 'minAgeMs')::float8, 0) / 1000.0) as until) t
  left join lateral match_parked_settlements(p ->> 'matchReason', (p ->> 'merchantId')::uuid, p ->> 'currency', t.until, null) s on true
  group by t.until
  on conflict (id) do nothing returning * into b;
  if b.id is null then
    select * into strict b from bulk_retries where id = (p ->> 'bulkRetryId')::uuid;
  else
    perform append_bulk_retry_event(b, 'finance.bulk_retry.started', p);
  end if;
  return bulk_retry_answer(b);
end $$;

create or replace function lock_bulk_retry(p_id uuid) returns bulk_retries language plpgsql as $$
declare
  b bulk_retries;
begin
  select * into b from bulk_retries where id = p_id for no key update;
  if not found then perform refuse('bulk_retry_not_found', 'There is no such bulk retry.', jsonb_build_object('bulkRetryId', p_id)); end if;
  return b;
end $$;

-- The next settlements that it is to decide on, in the order of ids: each once. When there is none it is done.
create or replace function next_of_bulk_retry(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  b bulk_retries := lock_bulk_retry((p ->> 'bulkRetryId')::uuid);
  v_items jsonb;
begin
  if b.state = 'RUNNING' then
    select jsonb_agg(jsonb_build_object('settlementId', s.id, 'caseNumber', s.case_number, 'workflowId', s.workflow_id) order by s.id) into v_items
    from (select * from match_parked_settlements(b.match_reason, b.match_merchant_id, b.match_currency, b.parked_until,
      (select i.settlement_id from bulk_retry_items i where i.bulk_retry_id = b.id order by i.settlement_id desc limit 1))
      limit (p ->> 'limit')::int) s;
    if v_items is null then
      update bulk_retries set state = 'DONE', updated_at = now() where id = b.id returning * into b;
      perform append_bulk_retry_event(b, 'finance.bulk_retry.done', p);
    end if;
  end if;
  return bulk_retry_answer(b) || jsonb_build_object('items', coalesce(v_items, '[]'), 'reason', b.reason, 'actor', b.requested_by);
end $$;

-- What became of decisions. @returns how far it is; not RUNNING any more when somebody has cancelled it meanwhile.
create or replace function record_bulk_retry(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  b bulk_retries := lock_bulk_retry((p ->> 'bulkRetryId')::uuid);
begin
  insert into bulk_retry_items (bulk_retry_id, settlement_id, case_number, outcome, code)
  select b.id, x."settlementId", x."caseNumber", case when x.code is null then 'ACCEPTED' else 'REFUSED' end, x.code
  from jsonb_to_recordset(p -> 'items') as x("settlementId" uuid, "caseNumber" int, code text)
  on conflict do nothing;
  update bulk_retries set updated_at = now() where id = b.id;
  return bulk_retry_answer(b);
end $$;

-- Nothing more is decided; what was decided stands.
create or replace function cancel_bulk_retry(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  b bulk_retries := lock_bulk_retry((p ->> 'bulkRetryId')::uuid);
begin
  if b.state = 'DONE' then perform refuse('bulk_retry_done', 'The bulk retry is done.', jsonb_build_object('bulkRetryId', b.id)); end if;
  if b.state = 'RUNNING' then
    update bulk_retries set state = 'CANCELLED', updated_at = now() where id = b.id returning * into b;
    perform append_bulk_retry_event(b, 'finance.bulk_retry.cancelled', p);
  end if;
  return bulk_retry_answer(b);
end $$;

create or replace function bulk_retry_answer(b bulk_retries) returns jsonb language sql stable as $$
  select jsonb_build_object('bulkRetryId', b.id, 'state', b.state, 'matched', b.matched_count, 'matchedMinor', b.matched_minor::text,
    'accepted', count(i.*) filter (where i.outcome = 'ACCEPTED'), 'refused', count(i.*) filter (where i.outcome = 'REFUSED'),
    'filter', jsonb_strip_nulls(jsonb_build_object('reason', b.match_reason, 'merchantId', b.match_merchant_id, 'currency', b.match_currency,
      'parkedUntil', b.parked_until)), 'reason', b.reason, 'requestedBy', b.requested_by, 'createdAt', b.created_at)
  from bulk_retry_items i where i.bulk_retry_id = b.id
$$;

create or replace function append_bulk_retry_event(b bulk_retries, p_type text, p jsonb) returns void language sql as $$
  select append_event('bulk_retry', b.id, p_type, jsonb_build_object('state', b.state, 'matched', b.matched_count,
    'matchedMinor', b.matched_minor::text, 'matchReason', b.match_reason, 'merchantId', b.match_merchant_id, 'currency', b.match_currency,
    'reason', b.reason), p)
$$;
