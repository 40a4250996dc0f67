-- Attempts to win at once, decided in the order in which they come, as a batch in one transaction. Locks: the giveaway's
-- advisory lock (shared, as entries do: the freeze waits for it), then the row under which attempts are numbered. Each
-- gets an answer of its own: the attempt, or the code of its refusal. An entry that was used before gets its first
-- answer. @returns the answers in the given order, and how many units are left.
create or replace function claim_instant_wins(p jsonb) returns jsonb language plpgsql
-- Every look-up is by a key: to plan them anew for each batch would cost more than the look-ups.
set plan_cache_mode = force_generic_plan
-- The next units are read in the order of their index: to sort them all that are left would be read.
set enable_sort = off as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_now timestamptz;
  v_closed text;
  v_number int;
  v_one boolean;
  v_left int;
  v_slots giveaway_instant_slots[];
  v_next int := 1;
  v_code text;
  v_new giveaway_instant_attempts[] := '{}';
  v_refused jsonb := '{}';
  v_winners uuid[];
  v_seen uuid[] := '{}';
  v_unit uuid;
  a record;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(v_giveaway::text, 0));
  select w.attempt_count, w.units_left, w.last_attempt_at into v_number, v_left, v_now
  from giveaway_instant_wins w where w.giveaway_id = v_giveaway for no key update;
  -- After the lock is had: what speaks against somebody has its place among the attempts (`after_attempts`).
  v_now := greatest(v_now, date_trunc('milliseconds', clock_timestamp()));
  select instant_win_closed(g), coalesce(g.rules ->> 'prizesPerPerson', 'one') = 'one' into v_closed, v_one from giveaways g where g.id = v_giveaway;
  v_closed := coalesce(v_closed, case when v_number is null then 'instant_win_not_found' end);
  -- No more than the hits of this batch can win, in the order in which units are won.
  v_slots := array(select s from giveaway_instant_slots s where s.giveaway_id = v_giveaway and s.attempt is null
    order by s.due_at nulls first, s.position
    limit (select count(*) from jsonb_array_elements(p -> 'attempts') x where (x ->> 'hit')::boolean));
  v_winners := array(select (x ->> 'participantId')::uuid from jsonb_array_elements(p -> 'attempts') x where v_one
    -- One look-up for each: a join may be planned so that it reads all attempts of the giveaway.
    and (select true from giveaway_instant_attempts t where t.giveaway_id = v_giveaway and t.participant_id = (x ->> 'participantId')::uuid
      and t.unit_id is not null limit 1));

  for a in select * from instant_win_candidates(v_giveaway, p -> 'attempts') c order by c.place loop
    -- Asked before, or twice in this batch: its first answer is read at the end.
    continue when a.used or a.entry_id = any (v_seen);
    v_seen := v_seen || a.entry_id;
    v_code := case when v_closed is not null then v_closed
      when a.code is not null then a.code
      when v_left = 0 then 'instant_win_sold_out'
      when a.participant_id = any (v_winners) then 'instant_win_won_before' end;
    if v_code is not null then
      v_refused := v_refused || jsonb_build_object(a.entry_id::text, v_code);
      continue;
    end if;
    v_number := v_number + 1;
    v_unit := null;
    if a.hit and v_next <= cardinality(v_slots) and coalesce(v_slots[v_next].due_at <= v_now, true) then
      v_unit := v_slots[v_next].unit_id;
      v_slots[v_next].attempt := v_number;
      v_next := v_next + 1;
      v_left := v_left - 1;
      if v_one then v_winners := v_winners || a.participant_id; end if;
    end if;
    v_new := v_new || row(v_giveaway, v_number, a.entry_id, a.participant_id, decode(a.nonce, 'hex'), v_now, v_unit)::giveaway_instant_attempts;
  end loop;

  if cardinality(v_new) > 0 then perform record_instant_attempts(v_giveaway, v_new, v_slots[1:v_next - 1], p); end if;
  return jsonb_build_object('unitsLeft', v_left, 'answers', instant_win_answers(v_giveaway, p -> 'attempts', v_refused));
end $$;

-- Null: attempts are taken now.
create or replace function instant_win_closed(g giveaways) returns text language sql volatile as $$
  select case when g.published_at is null then 'giveaway_not_found' when g.state = 'SCHEDULED' then 'giveaway_not_open'
    when g.state <> 'OPEN' or g.closes_at <= clock_timestamp() then 'giveaway_closed'
    when g.paused_at is not null then 'giveaway_paused' end
$$;

-- What is known of the entries that are to be used: `used` before, or by which code they cannot be.
create or replace function instant_win_candidates(p_giveaway_id uuid, p_attempts jsonb)
returns table (place bigint, entry_id uuid, participant_id uuid, nonce text, hit boolean, used boolean, code text) language sql stable as $$
  select a.place, (a.item ->> 'entryId')::uuid, (a.item ->> 'participantId')::uuid, a.item ->> 'clientNonce', (a.item ->> 'hit')::boolean,
    (select t.number from giveaway_instant_attempts t where t.entry_id = (a.item ->> 'entryId')::uuid) is not null,
    case when e.id is null then 'entry_not_found'
      when e.reason <> 'eligible' then 'entry_not_eligible'
      when (select true from giveaway_exclusions x where x.giveaway_id = p_giveaway_id and x.participant_id = e.participant_id) then 'entry_excluded'
      when (select true from giveaway_disqualifications d where d.giveaway_id = p_giveaway_id and d.participant_id = e.participant_id
        and d.approved_at is not null) then 'entry_excluded'
      when (select true from giveaway_reviews r where r.giveaway_id = p_giveaway_id and r.participant_id = e.participant_id and r.state <> 'CLEARED') then 'entry_not_eligible'
      when (select true from giveaway_methods m where m.giveaway_id = p_giveaway_id and m.required and not exists (
        select from giveaway_entries q where q.giveaway_id = p_giveaway_id and q.participant_id = e.participant_id and q.method = m.name and q.reason = 'eligible') limit 1)
        then 'entry_not_eligible' end
  from jsonb_array_elements(p_attempts) with ordinality a(item, place)
  -- One look-up for each, however large the tables were when this was planned.
  left join lateral (select e.id, e.reason, e.participant_id from giveaway_entries e where e.id = (a.item ->> 'entryId')::uuid
    and e.giveaway_id = p_giveaway_id and e.participant_id = (a.item ->> 'participantId')::uuid offset 0) e on true
$$;

-- The attempts of a batch, the units that they win, and an award for each of these; its claim window begins when
-- its winner is told.
create or replace function record_instant_attempts(
  p_giveaway_id uuid, p_attempts giveaway_instant_attempts[], p_won giveaway_instant_slots[], p jsonb
) returns void language plpgsql as $$
begin
  insert into giveaway_instant_attempts select * from unnest(p_attempts);
  update giveaway_instant_wins w set attempt_count = n.number, last_attempt_at = n.received_at, units_left = w.units_left - cardinality(p_won)
  from unnest(p_attempts[cardinality(p_attempts):]) n where w.giveaway_id = p_giveaway_id;
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'entry', n.entry_id, 1, 'giveaway.instant_win.attempted',
    jsonb_strip_nulls(jsonb_build_object('giveawayId', p_giveaway_id, 'number', n.number, 'unitId', n.unit_id)), a.item ->> 'actor', a.item ->> 'requestId', ''
  from unnest(p_attempts) n join (select distinct on (x ->> 'entryId') x as item from jsonb_array_elements(p -> 'attempts') x) a
    on (a.item ->> 'entryId')::uuid = n.entry_id;
  if cardinality(p_won) = 0 then return; end if;
  update giveaway_instant_slots s set attempt = w.attempt from unnest(p_won) w where s.giveaway_id = p_giveaway_id and s.position = w.position;
  insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason)
  select instant_award_id(n.unit_id), p_giveaway_id, 1, n.unit_id, n.number, n.participant_id, 'instant win'
  from unnest(p_attempts) n where n.unit_id is not null;
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'award', instant_award_id(n.unit_id), 1, 'giveaway.award.won', jsonb_build_object('giveawayId', p_giveaway_id,
    'awardId', instant_award_id(n.unit_id), 'rank', n.number, 'prizeId', n.unit_id), a.item ->> 'actor', a.item ->> 'requestId', ''
  from unnest(p_attempts) n join (select distinct on (x ->> 'entryId') x as item from jsonb_array_elements(p -> 'attempts') x) a
    on (a.item ->> 'entryId')::uuid = n.entry_id
  where n.unit_id is not null;
end $$;

create or replace function instant_award_id(p_unit_id uuid) returns uuid language sql immutable as $$
  select ledger_uuid('instant-award', p_unit_id::text)
$$;

-- In the order in which they were asked for. Another nonce for an entry that was used is refused.
create or replace function instant_win_answers(p_giveaway_id uuid, p_attempts jsonb, p_refused jsonb) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(case
    when t.number is null then jsonb_build_object('code', coalesce(p_refused ->> (a.item ->> 'entryId'), 'entry_not_found'))
    when t.participant_id <> (a.item ->> 'participantId')::uuid then jsonb_build_object('code', 'entry_not_found')
    when t.client_nonce <> decode(a.item ->> 'clientNonce', 'hex') then jsonb_build_object('code', 'instant_win_attempted')
    else jsonb_build_object('attempt', jsonb_build_object('number', t.number, 'entryId', t.entry_id, 'unitId', t.unit_id,
      'awardId', case when t.unit_id is not null then instant_award_id(t.unit_id) end, 'participant', encode(s.commitment, 'hex'), 'clientNonce', encode(t.client_nonce, 'hex'),
      'receivedAt', to_char(t.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))) end order by a.place), '[]')
  from jsonb_array_elements(p_attempts) with ordinality a(item, place)
  left join lateral (select t.* from giveaway_instant_attempts t
    where t.entry_id = (a.item ->> 'entryId')::uuid and t.giveaway_id = p_giveaway_id offset 0) t on true
  left join lateral (select s.commitment from giveaway_participants s
    where s.giveaway_id = p_giveaway_id and s.participant_id = t.participant_id offset 0) s on true
$$;

-- What was answered before; the others are refused, because nothing is left. Only for whom a claim has said so.
create or replace function repeated_instant_wins(p jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('unitsLeft', 0, 'answers', instant_win_answers((p ->> 'giveawayId')::uuid, p -> 'attempts',
    (select coalesce(jsonb_object_agg(x ->> 'entryId', 'instant_win_sold_out'), '{}') from jsonb_array_elements(p -> 'attempts') x)))
$$;

-- The slots of an instant win that opens; `dueAts` in the order of the units, where units have moments. No attempt is received
-- before the opening, whoever's clock that was by.
create or replace function open_instant_win(p_giveaway_id uuid, p_opened_at timestamptz, p_due_ats timestamptz[]) returns void language plpgsql as $$
begin
  insert into giveaway_instant_wins (giveaway_id, closes_at, last_attempt_at, units_left)
  select g.id, g.closes_at, greatest(p_opened_at, date_trunc('milliseconds', clock_timestamp())),
    (select count(*) from giveaway_prizes p where p.giveaway_id = g.id)
  from giveaways g where g.id = p_giveaway_id;
  insert into giveaway_instant_slots (giveaway_id, position, unit_id, due_at)
  select p_giveaway_id, p.position, p.id, p_due_ats[p.position] from giveaway_prizes p where p.giveaway_id = p_giveaway_id;
end $$;
