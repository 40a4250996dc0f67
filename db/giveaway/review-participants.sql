-- What participants have in common. Signals that are new are looked at once, and whoever shares one of them is scored
-- anew: of a value that very many share, the first ones were scored when it was young. Locks: signals, then the
-- giveaways' advisory locks (shared, in order), the rows under which attempts to win are numbered, then reviews.
-- @returns how many signals were looked at.
create or replace function score_signals(p jsonb) returns jsonb language plpgsql as $$
declare
  v_fresh giveaway_signals[];
  r record;
begin
  with fresh as (
    select giveaway_id, participant_id, kind, value_hash from giveaway_signals
    where not scored and (p ->> 'giveawayId' is null or giveaway_id = (p ->> 'giveawayId')::uuid)
    limit (p ->> 'limit')::int for no key update skip locked),
  marked as (
    update giveaway_signals s set scored = true from fresh f
    where (s.giveaway_id, s.participant_id, s.kind, s.value_hash) = (f.giveaway_id, f.participant_id, f.kind, f.value_hash)
    returning s.*)
  select array_agg(row(m.*)::giveaway_signals) into v_fresh from marked m;
  perform pg_advisory_xact_lock_shared(hashtextextended(x.giveaway_id::text, 0)) from (
    select distinct f.giveaway_id from unnest(v_fresh) f order by 1) x;
  for r in
    select distinct g.id as giveaway_id, (g.rules ->> 'reviewFromScore')::int as threshold, s.participant_id
    from unnest(v_fresh) f
    join giveaways g on g.id = f.giveaway_id and g.state = 'OPEN'
    cross join lateral (
      select o.participant_id from giveaway_signals o
      where (o.giveaway_id, o.kind, o.value_hash) = (f.giveaway_id, f.kind, f.value_hash) limit 20) s
    union
    select g.id, (g.rules ->> 'reviewFromScore')::int, f.participant_id
    from unnest(v_fresh) f join giveaways g on g.id = f.giveaway_id and g.state = 'OPEN'
    order by 1, 3
  loop
    perform open_review(r.giveaway_id, r.participant_id, r.threshold, p);
  end loop;
  return jsonb_build_object('signals', coalesce(cardinality(v_fresh), 0));
end $$;

-- Points for each kind of thing that others share: an address alone says little, a mailbox nearly everything.
create or replace function signal_points(p_kind text, p_others bigint) returns int language sql immutable as $$
  select case when p_others = 0 then 0 else
    case p_kind when 'address' then case when p_others > 5 then 20 else 10 end when 'device' then 40 else 60 end end
$$;

create or replace function open_review(p_giveaway_id uuid, p_participant_id uuid, p_threshold int, p jsonb) returns void language plpgsql as $$
declare
  v_score int;
  v_signals jsonb;
begin
  select sum(x.points), jsonb_object_agg(x.kind, x.others) filter (where x.points > 0) into v_score, v_signals
  from (
    select s.kind, max(o.others) as others, max(signal_points(s.kind, o.others)) as points
    from giveaway_signals s cross join lateral (
      select count(*) as others from (
        select from giveaway_signals t where (t.giveaway_id, t.kind, t.value_hash) = (s.giveaway_id, s.kind, s.value_hash)
          and t.participant_id <> s.participant_id limit 100) few) o
    where s.giveaway_id = p_giveaway_id and s.participant_id = p_participant_id group by s.kind) x;
  if coalesce(v_score, 0) < p_threshold then return; end if;
  insert into giveaway_reviews (giveaway_id, participant_id, score, signals, created_at)
  values (p_giveaway_id, p_participant_id, v_score, v_signals, after_attempts(p_giveaway_id)) on conflict do nothing;
  if found then
    perform append_event('review', ledger_uuid('review', p_giveaway_id::text, p_participant_id::text), 'giveaway.review.opened',
      jsonb_build_object('giveawayId', p_giveaway_id, 'participantId', p_participant_id, 'score', v_score), p);
  else
    -- What a person has decided stays decided.
    update giveaway_reviews set score = v_score, signals = v_signals
    where giveaway_id = p_giveaway_id and participant_id = p_participant_id and state = 'PENDING' and signals <> v_signals;
  end if;
end $$;

-- Where prizes are won at once, what speaks against somebody comes after the attempts that are decided, and before those
-- that are not: what was won before it waits for a person. Locks: the row under which attempts are numbered.
create or replace function after_attempts(p_giveaway_id uuid) returns timestamptz language plpgsql as $$
declare
  v_last timestamptz;
begin
  select w.last_attempt_at into v_last from giveaway_instant_wins w where w.giveaway_id = p_giveaway_id for no key update;
  return greatest(v_last, clock_timestamp());
end $$;

-- The decision of a person, until entry is frozen. The same one again changes nothing. Locks: the advisory lock (shared), the
-- row under which attempts to win are numbered, then the review.
create or replace function decide_review(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_participant uuid := (p ->> 'participantId')::uuid;
  v_at timestamptz;
  r giveaway_reviews;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(v_giveaway::text, 0));
  v_at := after_attempts(v_giveaway);
  select * into r from giveaway_reviews where giveaway_id = v_giveaway and participant_id = v_participant for no key update;
  if r.participant_id is null then
    perform refuse('review_not_found', 'Nobody is asked to decide about this person.', jsonb_build_object('participantId', v_participant));
  end if;
  if r.state = 'PENDING' then
    perform require_not_frozen(v_giveaway);
    update giveaway_reviews set state = p ->> 'decision', reason = p ->> 'reason', decided_by = p ->> 'actor', decided_at = v_at
    where giveaway_id = v_giveaway and participant_id = v_participant returning * into r;
    perform append_event('review', ledger_uuid('review', v_giveaway::text, v_participant::text), 'giveaway.review.decided',
      jsonb_build_object('giveawayId', v_giveaway, 'participantId', v_participant, 'decision', r.state, 'reason', r.reason), p);
  elsif r.state <> p ->> 'decision' then
    perform refuse('review_decided', 'It was decided otherwise.', jsonb_build_object('participantId', v_participant, 'decision', r.state));
  end if;
  return jsonb_build_object('participantId', r.participant_id, 'state', r.state, 'score', r.score, 'signals', r.signals,
    'reason', r.reason, 'decidedBy', r.decided_by);
end $$;

-- Entry may be over, but what it consists of is not fixed yet.
create or replace function require_not_frozen(p_giveaway_id uuid) returns void language plpgsql as $$
begin
  if (select g.state from giveaways g where g.id = p_giveaway_id) not in ('DRAFT', 'FUNDING', 'FUNDING_FAILED', 'SCHEDULED', 'OPEN') then
    perform refuse('giveaway_closed', 'Entry is frozen: from here on it takes two people.', jsonb_build_object('giveawayId', p_giveaway_id));
  end if;
end $$;

-- Blocks a person from a giveaway, with the reason; whoever is in it already weighs nothing. What they have won at once is
-- not taken by it: that needs two people. Until entry is frozen.
create or replace function exclude_participant(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_participant uuid := (p ->> 'participantId')::uuid;
  x giveaway_exclusions;
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(v_giveaway::text, 0));
  select * into x from giveaway_exclusions where giveaway_id = v_giveaway and participant_id = v_participant;
  if x.participant_id is null then
    perform require_not_frozen(v_giveaway);
    insert into giveaway_exclusions (giveaway_id, participant_id, code, reason, decided_by, decided_at)
    values (v_giveaway, v_participant, p ->> 'code', p ->> 'reason', p ->> 'actor', after_attempts(v_giveaway)) on conflict do nothing;
    if found then
      perform append_event('exclusion', ledger_uuid('exclusion', v_giveaway::text, v_participant::text), 'giveaway.participant.excluded',
        jsonb_build_object('giveawayId', v_giveaway, 'participantId', v_participant, 'code', p ->> 'code', 'reason', p ->> 'reason'), p);
    end if;
    select * into strict x from giveaway_exclusions where giveaway_id = v_giveaway and participant_id = v_participant;
  end if;
  return jsonb_build_object('participantId', x.participant_id, 'code', x.code, 'reason', x.reason);
end $$;
