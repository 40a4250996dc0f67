-- The next entries to ask a social network about. Which ones these are is claimed by moving them, for as long as an
-- answer may take; whoever dies meanwhile leaves them to the next. What is frozen is asked no more.
create or replace function claim_verifications(p jsonb) returns jsonb language sql as $$
  with due as (
    select v.entry_id from giveaway_verifications v where v.due_at <= now() order by v.due_at, v.entry_id
    limit (p ->> 'limit')::int for no key update skip locked),
  claimed as (
    update giveaway_verifications v set attempt = v.attempt + 1, asked_at = clock_timestamp(),
      due_at = case when g.state = 'OPEN' then clock_timestamp() + (p ->> 'leaseMs')::bigint * interval '1 millisecond' end
    from due, giveaways g where v.entry_id = due.entry_id and g.id = v.giveaway_id
    returning v.entry_id, v.account, v.attempt, g.state)
  select jsonb_build_object('claimed', count(*), 'questions', coalesce(jsonb_agg(jsonb_build_object('entryId', c.entry_id,
    'attempt', c.attempt, 'account', c.account, 'method', m.kind, 'target', m.target)) filter (where c.state = 'OPEN'), '[]'))
  from claimed c
  join giveaway_entries e on e.id = c.entry_id
  join giveaway_methods m on m.giveaway_id = e.giveaway_id and m.name = e.method
$$;

-- What the networks answered. A definite answer stands until the next definite one: at the deadline all are asked once
-- more. Locks: the giveaways' advisory locks (shared, in order), then the verifications by entry id.
create or replace function record_verifications(p jsonb) returns jsonb language plpgsql as $$
declare
  r record;
  v_definite boolean;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(x.giveaway_id::text, 0)) from (
    select distinct v.giveaway_id from giveaway_verifications v
    join jsonb_to_recordset(p -> 'results') as a("entryId" uuid) on a."entryId" = v.entry_id order by 1) x;
  for r in
    select a.*, v.verdict as before, v.unknowns, v.asked_at, g.id as giveaway_id, g.closes_at
    from jsonb_to_recordset(p -> 'results') as a("entryId" uuid, attempt int, verdict text, evidence jsonb, "retryAfterMs" bigint)
    join giveaway_verifications v on v.entry_id = a."entryId" and v.attempt = a.attempt
    join giveaways g on g.id = v.giveaway_id and g.state = 'OPEN'
    order by v.entry_id for no key update of v
  loop
    v_definite := r.verdict <> 'UNKNOWN';
    update giveaway_verifications set
      verdict = case when v_definite then r.verdict else verdict end,
      evidence = case when v_definite or verdict = 'UNKNOWN' then r.evidence else evidence end,
      unknowns = case when v_definite then 0 else unknowns + 1 end,
      checked_at = clock_timestamp(),
      due_at = case
        when v_definite and r.asked_at >= r.closes_at then null
        when v_definite then r.closes_at
        else clock_timestamp() + verification_retry_ms(r.unknowns, r.closes_at, coalesce(r."retryAfterMs", 0)) * interval '1 millisecond' end
    where entry_id = r."entryId";
    if v_definite and r.verdict <> r.before then
      update giveaway_entries set reason = case r.verdict when 'PASS' then 'eligible' else 'not_verified' end where id = r."entryId";
      perform append_event('entry', r."entryId", 'giveaway.entry.verified', jsonb_build_object(
        'giveawayId', r.giveaway_id, 'verdict', r.verdict), p);
    end if;
  end loop;
  return '{}';
end $$;

-- Twice as long after each unknown answer, up to ten minutes; after the deadline everybody waits for it.
create or replace function verification_retry_ms(p_unknowns int, p_closes_at timestamptz, p_retry_after_ms bigint) returns bigint language sql volatile as $$
  select greatest(p_retry_after_ms, least(2000 * 2 ^ least(p_unknowns, 20), case when p_closes_at <= clock_timestamp() then 2000 else 600000 end)::bigint)
$$;

-- How long the freeze waits for the networks, in milliseconds; 0 when at most 1 % is open, or the rules' limit is reached.
create or replace function awaited_verification_ms(p_giveaway_id uuid) returns bigint language sql as $$
  select case
    when v.open * 100 <= v.total or t.left_ms <= 0 then 0
    else least(ceil(t.left_ms), greatest(1000, t.grace_ms / 60))::bigint end
  from (select count(*) filter (where due_at is not null) as open, count(*) as total from giveaway_verifications where giveaway_id = p_giveaway_id) v,
    (select coalesce((rules ->> 'verificationGraceMs')::numeric, 0) as grace_ms,
       extract(epoch from closes_at - clock_timestamp()) * 1000 + coalesce((rules ->> 'verificationGraceMs')::numeric, 0) as left_ms
     from giveaways where id = p_giveaway_id) t
$$;

-- A participant asks for another look, because what was missing has been done. At most one question a minute.
create or replace function request_verification(p jsonb) returns jsonb language plpgsql as $$
declare
  e giveaway_entries;
  v giveaway_verifications;
  g giveaways;
begin
  select * into e from giveaway_entries where id = (p ->> 'entryId')::uuid and participant_id = (p ->> 'participantId')::uuid;
  if e.id is null then perform refuse('entry_not_found', 'There is no such entry of yours.', jsonb_build_object('entryId', p ->> 'entryId')); end if;
  perform pg_advisory_xact_lock_shared(hashtextextended(e.giveaway_id::text, 0));
  select * into g from giveaways where id = e.giveaway_id;
  perform require_open(g, g.id);
  select * into v from giveaway_verifications where entry_id = e.id for no key update;
  if v.entry_id is null then perform refuse('entry_not_verifiable', 'Nobody has to confirm this entry.', jsonb_build_object('entryId', e.id)); end if;
  if v.verdict = 'FAIL' then
    update giveaway_verifications set due_at = least(due_at, greatest(now(), checked_at + interval '1 minute')) where entry_id = v.entry_id;
  end if;
  return jsonb_build_object('entryId', e.id, 'verdict', v.verdict);
end $$;
