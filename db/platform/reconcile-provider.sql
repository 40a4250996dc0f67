-- The reconciliation of a day; another run of it reads the file anew, under a new number. An attempt of the same run goes
-- on with what it has.
create or replace function begin_reconciliation(p jsonb) returns jsonb language plpgsql as $$
declare
  r reconciliations;
begin
  insert into reconciliations (id, provider, business_date, requested_by)
  values (ledger_uuid('reconciliation', p ->> 'provider', p ->> 'date'), p ->> 'provider', (p ->> 'date')::date, p ->> 'actor')
  on conflict do nothing;
  select * into strict r from reconciliations where id = ledger_uuid('reconciliation', p ->> 'provider', p ->> 'date') for no key update;
  if r.state = 'DONE' then
    update reconciliations set state = 'READING', run = run + 1, requested_by = p ->> 'actor', updated_at = now() where id = r.id returning * into r;
  end if;
  return reconciliation_answer(r) || jsonb_build_object('run', r.run,
    'lines', (select coalesce(max(l.line_number), 0) from reconciliation_lines l where l.reconciliation_id = r.id and l.run = r.run));
end $$;

-- The next lines of the file as they come; a line that is there already is the same line.
create or replace function add_reconciliation_lines(p jsonb) returns jsonb language plpgsql as $$
begin
  insert into reconciliation_lines (reconciliation_id, run, line_number, reference, intent_id, kind, state, amount_minor, fee_minor, currency, at)
  select (p ->> 'reconciliationId')::uuid, (p ->> 'run')::int, x.n, x.reference,
    case when x.reference ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then x.reference::uuid end,
    x.kind, x.state, x."amountMinor", x."feeMinor", x.currency, x.at
  from jsonb_to_recordset(p -> 'lines') as x(n int, reference text, kind text, state text, "amountMinor" bigint, "feeMinor" bigint,
    currency text, at timestamptz)
  on conflict do nothing;
  update reconciliations set updated_at = now() where id = (p ->> 'reconciliationId')::uuid;
  return '{}';
end $$;

-- Lines of other runs, and of days long past, are of no use any more. @returns how many went.
create or replace function drop_reconciliation_lines(p jsonb) returns jsonb language plpgsql as $$
declare
  v_count int;
begin
  delete from reconciliation_lines d where d.ctid = any (array(
    select l.ctid from reconciliation_lines l join reconciliations r on r.id = l.reconciliation_id
    where l.run <> r.run or r.business_date < (p ->> 'date')::date - 7 limit (p ->> 'limit')::int));
  get diagnostics v_count = row_count;
  return jsonb_build_object('dropped', v_count);
end $$;

-- References of a kind that this book does not know, in pages by line: the other service may.
create or replace function unknown_references(p jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('references', coalesce(jsonb_agg(x.intent_id order by x.line_number), '[]'), 'next', max(x.line_number))
  from (
    select l.line_number, l.intent_id from reconciliation_lines l
    join reconciliations r on r.id = l.reconciliation_id and r.run = l.run
    left join provider_intents i on i.intent_id = l.intent_id
    where r.id = (p ->> 'reconciliationId')::uuid and l.line_number > (p ->> 'after')::int and l.intent_id is not null
      and i.intent_id is null and not l.elsewhere and p -> 'kinds' ? l.kind
    order by l.line_number limit (p ->> 'limit')::int) x
$$;

create or replace function mark_elsewhere(p jsonb) returns jsonb language plpgsql as $$
begin
  update reconciliation_lines l set elsewhere = true from reconciliations r
  where r.id = l.reconciliation_id and r.run = l.run and r.id = (p ->> 'reconciliationId')::uuid
    and l.intent_id in (select (x #>> '{}')::uuid from jsonb_array_elements(p -> 'references') x);
  return '{}';
end $$;

-- Which of these references are intents of this book.
create or replace function known_references(p jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('known', coalesce(jsonb_agg(i.intent_id), '[]')) from provider_intents i
  where i.intent_id in (select (x #>> '{}')::uuid from jsonb_array_elements(p -> 'references') x)
$$;

-- Each line of the run with our intent and what comes of holding them against each other. What neither side says is wrong
-- is in flight for a while: an answer may be on its way.
create or replace function reconciliation_verdicts(r reconciliations, p_kinds jsonb)
returns table (line_number int, reference text, kind text, state text, amount_minor bigint, fee_minor bigint, currency text, at timestamptz,
  intent_id uuid, subject_type text, subject_id uuid, our_state text, our_amount bigint, our_fee bigint, verdict text, difference bigint)
language sql stable as $$
  select x.line_number, x.reference, x.kind, x.state, x.amount_minor, x.fee_minor, x.currency, x.at, x.our_id, x.subject_type, x.subject_id,
    x.our_state, x.our_amount, x.our_fee, x.verdict, case x.verdict when 'matched' then 0 when 'in_flight' then 0 when 'elsewhere' then 0
      else x.theirs - case when x.verdict in ('listed_twice', 'missing_here') then 0 else x.booked end end
  from (
    select l.*, i.intent_id as our_id, i.subject_type, i.subject_id, i.state as our_state, i.amount_minor as our_amount, i.fee_minor as our_fee,
      case
        when i.intent_id is null and (l.elsewhere or not p_kinds ? l.kind) then 'elsewhere'
        when i.intent_id is null then 'missing_here'
        when row_number() over (partition by l.intent_id, l.kind order by l.line_number) > 1 then 'listed_twice'
        when l.kind = 'reversal' then case when i.state = 'REVERSED' then 'matched' else 'state_differs' end
        when i.state in ('SUCCEEDED', 'REVERSED') then
          case when (l.amount_minor, l.fee_minor, l.currency) = (i.amount_minor, i.fee_minor, i.currency) then 'matched' else 'amount_differs' end
        when i.state = 'SENT' and l.at > clock_timestamp() - interval '1 hour' then 'in_flight'
        else 'state_differs' end as verdict,
      -- What it did to the provider's account, and what our book says it did. A reversal gives the amount back, the fee to nobody.
      case when l.kind = 'reversal' then -coalesce(i.direction, -1) * l.amount_minor
        else coalesce(i.direction, case l.kind when 'charge' then 1 else -1 end) * l.amount_minor - l.fee_minor end as theirs,
      case when l.kind = 'reversal' then case when i.state = 'REVERSED' then -i.direction * i.amount_minor else 0 end
        when i.state in ('SUCCEEDED', 'REVERSED') then i.direction * i.amount_minor - coalesce(i.fee_minor, 0) else 0 end as booked
    from reconciliation_lines l left join provider_intents i on i.intent_id = l.intent_id
    where l.reconciliation_id = r.id and l.run = r.run) x
$$;

-- What we have booked that day and the provider's files lack. An intent that was sent the day before may be in that day's
-- file: without it nothing is said.
create or replace function missing_there(r reconciliations)
returns table (intent_id uuid, kind text, subject_type text, subject_id uuid, direction int, state text, amount_minor bigint, fee_minor bigint, currency text)
language sql stable as $$
  select i.intent_id, i.kind, i.subject_type, i.subject_id, i.direction, i.state, i.amount_minor, i.fee_minor, i.currency from provider_intents i
  where r.final and i.state = 'SUCCEEDED' and i.ended_at >= r.business_date::timestamp at time zone 'UTC'
    and i.ended_at < (r.business_date + 1)::timestamp at time zone 'UTC'
    and ((i.first_sent_at at time zone 'UTC')::date >= r.business_date or exists (select from reconciliations d
      where d.provider = r.provider and d.state = 'DONE' and d.final and d.business_date = (i.first_sent_at at time zone 'UTC')::date))
    and not exists (select from reconciliation_lines l join reconciliations d on d.id = l.reconciliation_id and d.run = l.run
      where l.intent_id = i.intent_id and l.kind <> 'reversal' and d.provider = r.provider)
$$;

-- Holds the file against our intents, at once. Every difference is a case: one that stands already is brought up to date, and
-- one that is no difference any more is resolved.
create or replace function match_reconciliation(p jsonb) returns jsonb language plpgsql
set enable_nestloop = off set plan_cache_mode = force_custom_plan as $$
declare
  r reconciliations;
  v_report jsonb;
  v_found uuid[];
begin
  select * into strict r from reconciliations where id = (p ->> 'reconciliationId')::uuid for no key update;
  if r.state = 'DONE' then return reconciliation_answer(r); end if;
  r.final := (p ->> 'final')::boolean;
  with verdicts as materialized (
    select * from reconciliation_verdicts(r, p -> 'kinds')
  ), missing as materialized (
    select * from missing_there(r)
  ), differences as (
    select ledger_uuid('reconciliation-case', r.provider, coalesce(v.reference, r.business_date || '/' || v.line_number), v.kind, v.verdict) as id,
      v.verdict as kind, v.reference, v.intent_id, v.subject_type, v.subject_id, v.currency, v.difference,
      case when v.intent_id is not null then jsonb_build_object('state', v.our_state, 'amountMinor', v.our_amount::text, 'feeMinor', v.our_fee::text) end as ours,
      jsonb_build_object('kind', v.kind, 'state', v.state, 'amountMinor', v.amount_minor::text, 'feeMinor', v.fee_minor::text, 'at', v.at) as theirs
    from verdicts v where v.verdict not in ('matched', 'in_flight', 'elsewhere')
    union all
    select ledger_uuid('reconciliation-case', r.provider, m.intent_id::text, m.kind, 'missing_there'), 'missing_there', m.intent_id::text, m.intent_id,
      m.subject_type, m.subject_id, m.currency, -(m.direction * m.amount_minor - coalesce(m.fee_minor, 0)),
      jsonb_build_object('state', m.state, 'amountMinor', m.amount_minor::text, 'feeMinor', m.fee_minor::text), null
    from missing m
  ), saved as (
    insert into reconciliation_cases (id, reconciliation_id, provider, business_date, kind, reference, intent_id, subject_type, subject_id,
      currency, ours, theirs, difference_minor)
    select distinct on (d.id) d.id, r.id, r.provider, r.business_date, d.kind, d.reference, d.intent_id, d.subject_type, d.subject_id, d.currency,
      d.ours, d.theirs, d.difference
    from differences d order by d.id
    on conflict (id) do update set ours = excluded.ours, theirs = excluded.theirs, difference_minor = excluded.difference_minor,
      case_number = reconciliation_cases.case_number + (reconciliation_cases.difference_minor <> excluded.difference_minor)::int, updated_at = now()
      where reconciliation_cases.state = 'OPEN'
    returning reconciliation_cases.*, (xmax = 0) as is_new
  ), told as (
    insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
    select 'reconciliation_case', s.id, 1, 'finance.reconciliation_case.opened', jsonb_build_object('kind', s.kind, 'reference', s.reference,
      'currency', s.currency, 'differenceMinor', s.difference_minor::text), p ->> 'actor', p ->> 'requestId', ''
    from saved s where s.is_new
  )
  select jsonb_build_object('lines', (select count(*) from verdicts)) || (select coalesce(jsonb_object_agg(verdict, count), '{}')
      from (select v.verdict, count(*) as count from verdicts v group by 1) c) || jsonb_build_object('missing_there', (select count(*) from missing)),
    (select coalesce(array_agg(id), '{}') from differences)
  into v_report, v_found;
  -- Of this day, and no difference any more: what was in flight has arrived, or the file has been mended. What a file that
  -- is not final lacks says nothing.
  with closed as (
    update reconciliation_cases set state = 'RESOLVED', resolution = 'matched_later', resolved_by = p ->> 'actor', updated_at = now()
    where r.final and reconciliation_id = r.id and state = 'OPEN' and id <> all (v_found) returning id
  )
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'reconciliation_case', c.id, 1, 'finance.reconciliation_case.resolved', jsonb_build_object('resolution', 'matched_later'),
    p ->> 'actor', p ->> 'requestId', '' from closed c;
  update reconciliations set state = 'DONE', final = r.final, report = v_report, updated_at = now() where id = r.id returning * into r;
  perform append_event('reconciliation', r.id, 'finance.reconciliation.done', reconciliation_answer(r), p);
  return reconciliation_answer(r);
end $$;

create or replace function reconciliation_answer(r reconciliations) returns jsonb language sql stable as $$
  select jsonb_build_object('reconciliationId', r.id, 'provider', r.provider, 'date', r.business_date, 'state', r.state, 'final', r.final,
    'counts', jsonb_build_object('lines', coalesce((r.report ->> 'lines')::int, 0), 'matched', coalesce((r.report ->> 'matched')::int, 0),
      'inFlight', coalesce((r.report ->> 'in_flight')::int, 0), 'elsewhere', coalesce((r.report ->> 'elsewhere')::int, 0),
      'missingHere', coalesce((r.report ->> 'missing_here')::int, 0), 'missingThere', coalesce((r.report ->> 'missing_there')::int, 0),
      'amountDiffers', coalesce((r.report ->> 'amount_differs')::int, 0), 'stateDiffers', coalesce((r.report ->> 'state_differs')::int, 0),
      'listedTwice', coalesce((r.report ->> 'listed_twice')::int, 0)),
    'requestedBy', r.requested_by, 'createdAt', r.created_at, 'updatedAt', r.updated_at)
$$;
