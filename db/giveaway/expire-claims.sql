-- Ends claim windows that are over by the database's clock, and awards of who was disqualified before they were made, and
-- promotes; what is beyond the limit is the next call's, which is due at once. Locks: the giveaway, then its awards. A claim
-- that was faster is found when the lock is had.
create or replace function expire_claims(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_due uuid[];
begin
  perform 1 from giveaways where id = v_giveaway for no key update;
  v_due := array(
    select a.id from giveaway_awards a
    where a.giveaway_id = v_giveaway and a.state = 'NOTIFIED'
      and (a.claim_expires_at <= clock_timestamp() or is_disqualified(a.giveaway_id, a.participant_id))
    -- As whoever records what became of notifications does.
    order by a.id limit (p ->> 'limit')::int for no key update);
  if cardinality(v_due) > 0 then
    with ended as (
      update giveaway_awards a
      set state = case when is_disqualified(a.giveaway_id, a.participant_id) then 'DISQUALIFIED' else 'EXPIRED' end,
        updated_at = clock_timestamp()
      where a.id = any (v_due) returning *)
    insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
    select 'award', e.id, 1, 'giveaway.award.' || lower(e.state), award_facts(row(e.*)::giveaway_awards), p ->> 'actor', p ->> 'requestId', ''
    from ended e;
    perform promote_awards(v_giveaway, p);
  end if;
  return awards_progress(v_giveaway) || case when cardinality(v_due) = (p ->> 'limit')::int then '{"nextExpiryInMs": 0}' else '{}' end::jsonb;
end $$;

create or replace function is_disqualified(p_giveaway_id uuid, p_participant_id uuid) returns boolean language sql stable as $$
  select exists (select from giveaway_disqualifications d
    where d.giveaway_id = p_giveaway_id and d.participant_id = p_participant_id and d.approved_at is not null)
$$;

-- Giveaways with something to do: a window that is over, or nothing open any more. One time for all rows: a
-- clock that may show another one for each is no bound that an index knows.
create or replace function giveaways_with_due_claims(p jsonb) returns jsonb language sql as $$
  select coalesce(jsonb_agg(x.id), '[]') from (
    select distinct a.giveaway_id as id from giveaway_awards a where a.state = 'NOTIFIED' and a.claim_expires_at <= now()
    union
    select g.id from giveaways g where g.state = 'FULFILLING' and not exists (
      select from giveaway_awards a where a.giveaway_id = g.id and a.state in ('NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLING'))
    limit (p ->> 'limit')::int) x
$$;

-- Takes the awards of somebody who was disqualified that are not theirs yet. What is theirs stays; if that is all there is
-- for them, it is too late. Where people win several prizes they are out of the other lines as well. The caller has locked
-- the giveaway.
create or replace function vacate_awards(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
  v_theirs giveaway_awards;
  v_vacated int := 0;
begin
  for a in select * from giveaway_awards where giveaway_id = (p ->> 'giveawayId')::uuid and participant_id = (p ->> 'participantId')::uuid
    and state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED') order by id for no key update
  loop
    if a.state in ('NOTIFIED', 'CLAIMED') then
      perform move_award(a, 'DISQUALIFIED', p);
      v_vacated := v_vacated + 1;
    else
      v_theirs := a;
    end if;
  end loop;
  if v_vacated = 0 and v_theirs.id is not null and not ranks_each_prize(v_theirs.giveaway_id) then
    perform refuse('disqualification_not_possible', format('The award is %s.', v_theirs.state),
      jsonb_build_object('awardId', v_theirs.id, 'state', v_theirs.state));
  end if;
  perform promote_awards((p ->> 'giveawayId')::uuid, p);
  return '{}';
end $$;
