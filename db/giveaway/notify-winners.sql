-- A notification for every award whose winner was not told yet. Whoever made the award need not think of it.
create or replace function queue_notifications(p jsonb) returns jsonb language sql as $$
  with made as (
    insert into notifications (id, kind, user_id, giveaway_id, award_id)
    select ledger_uuid('notification', 'award_won', a.id::text), 'award_won', a.participant_id, a.giveaway_id, a.id
    from giveaway_awards a
    where a.state = 'NOTIFIED' and a.notified_at is null
      and (select n.id from notifications n where n.award_id = a.id and n.kind = 'award_won') is null
    order by a.created_at, a.id limit (p ->> 'limit')::int
    on conflict do nothing returning id)
  select jsonb_build_object('queued', count(*)) from made
$$;

-- The next notifications that are due, lent to the caller for a while. What nobody has to be told any more is dropped.
-- One time for all rows: a clock that may show another one for each is no bound that an index knows.
create or replace function claim_notifications(p jsonb) returns jsonb language sql as $$
  with due as (
    select n.id from notifications n where n.due_at <= now()
    order by n.due_at, n.id limit (p ->> 'limit')::int for no key update skip locked),
  lent as (
    update notifications n set
      state = case when w.needed then n.state else 'DROPPED' end,
      attempt = n.attempt + 1,
      due_at = case when w.needed then clock_timestamp() + (p ->> 'leaseMs')::bigint * interval '1 millisecond' end
    from due d
    join notifications o on o.id = d.id
    cross join lateral (select o.kind <> 'award_won' or (select a.state from giveaway_awards a where a.id = o.award_id) = 'NOTIFIED' as needed) w
    where n.id = d.id returning n.*)
  select coalesce(jsonb_agg(jsonb_build_object('id', l.id, 'attempt', l.attempt, 'kind', l.kind, 'userId', l.user_id,
    'giveawayId', l.giveaway_id, 'awardId', l.award_id, 'title', g.title, 'claims', coalesce(g.rules ->> 'claims', 'required'),
    'claimWindowMs', g.claim_window_ms, 'prize', u.face_minor::text, 'currency', u.currency, 'prizeKind', u.kind, 'prizeName', q.name)), '[]')
  from lent l join giveaways g on g.id = l.giveaway_id
  left join giveaway_awards a on a.id = l.award_id left join giveaway_prizes u on u.id = a.prize_id
  left join giveaway_prize_groups q on q.id = u.group_id
  where l.state = 'QUEUED'
$$;

-- What has come of it. That a mail was accepted is a fact, whichever attempt it was; anything else counts only for the
-- attempt that is under way. The claim window begins with the first mail that is accepted; where none ever will be, it
-- begins when that is known: the winner sees the award in the app. Locks: awards, then notifications, each by id.
create or replace function record_notifications(p jsonb) returns jsonb language plpgsql as $$
declare
  v_told uuid[];
begin
  v_told := array(
    select a.id from giveaway_awards a where a.state = 'NOTIFIED' and a.notified_at is null and a.id in (
      select n.award_id from notifications n join jsonb_array_elements(p -> 'answers') x on n.id = (x ->> 'id')::uuid
      where n.kind = 'award_won' and n.state = 'QUEUED'
        and (x ->> 'outcome' = 'accepted' or x ->> 'outcome' = 'refused' and n.attempt = (x ->> 'attempt')::int))
    order by a.id for no key update);
  update notifications n set
    state = case x.outcome when 'accepted' then 'ACCEPTED' when 'refused' then 'FAILED' else 'QUEUED' end,
    accepted_at = case when x.outcome = 'accepted' then clock_timestamp() end,
    problem = x.problem,
    due_at = case when x.outcome = 'later' then clock_timestamp() + x."againInMs" * interval '1 millisecond' end
  from jsonb_to_recordset(p -> 'answers') as x(id uuid, attempt int, outcome text, problem text, "againInMs" bigint)
  where n.id = x.id and n.state = 'QUEUED' and (n.attempt = x.attempt or x.outcome = 'accepted');
  with told as (
    update giveaway_awards a set notified_at = clock_timestamp(), updated_at = clock_timestamp(),
      claim_expires_at = clock_timestamp() + g.claim_window_ms * interval '1 millisecond'
    from giveaways g where g.id = a.giveaway_id and a.id = any (v_told) returning a.*)
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'award', t.id, 1, 'giveaway.award.notified', award_facts(row(t.*)::giveaway_awards) || jsonb_build_object(
    'claimExpiresAt', t.claim_expires_at), p ->> 'actor', p ->> 'requestId', ''
  from told t;
  return jsonb_build_object('windows', cardinality(v_told));
end $$;
