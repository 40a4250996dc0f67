-- VERIFIED → FULFILLED: the prize is the winner's. @returns what of the giveaway is still open.
create or replace function fulfil_award(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
begin
  select * into a from giveaway_awards where id = (p ->> 'awardId')::uuid for no key update;
  if a.id is null then perform refuse('award_not_found', 'There is no such award.', jsonb_build_object('awardId', p ->> 'awardId')); end if;
  if a.state <> 'FULFILLED' then
    if a.state not in ('VERIFIED', 'FULFILLING') then
      perform refuse('award_not_claimable', format('The award is %s.', a.state), jsonb_build_object('awardId', a.id, 'state', a.state));
    end if;
    update giveaway_awards set fulfilled_at = clock_timestamp() where id = a.id;
    a := move_award(a, 'FULFILLED', p);
  end if;
  return awards_progress(a.giveaway_id);
end $$;

-- Claims that nobody has to make, where the rules say so: the winner has been told. Of whom there is a doubt, a person decides.
create or replace function claim_unasked(p jsonb) returns jsonb language sql as $$
  with told as (
    select a.id from giveaway_awards a join giveaways g on g.id = a.giveaway_id
    where a.state = 'NOTIFIED' and a.notified_at is not null and g.rules ->> 'claims' = 'automatic'
      and (a.claim_expires_at is null or a.claim_expires_at > clock_timestamp())
    order by a.notified_at, a.id limit (p ->> 'limit')::int for no key update of a skip locked),
  moved as (
    update giveaway_awards a set state = case when claim_needs_decision(a) then 'CLAIMED' else 'VERIFIED' end,
      claimed_at = clock_timestamp(), verified_at = case when claim_needs_decision(a) then null else clock_timestamp() end,
      updated_at = clock_timestamp()
    from told t where a.id = t.id returning a.*),
  said as (
    insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
    select 'award', m.id, 1, 'giveaway.award.' || lower(m.state), award_facts(row(m.*)::giveaway_awards), p ->> 'actor', p ->> 'requestId', ''
    from moved m)
  select jsonb_build_object('claimed', count(*)) from moved
$$;

-- Verified awards whose card no claim's workflow brings: a person decided on the claim, or nobody had to make it.
create or replace function unfulfilled_awards(p jsonb) returns jsonb language sql stable as $$
  select coalesce(jsonb_agg(jsonb_build_object('awardId', x.id, 'cardId', x.card_id, 'assigneeId', x.participant_id)), '[]') from (
    select a.id, u.card_id, a.participant_id from giveaway_awards a join giveaway_prizes u on u.id = a.prize_id
    where a.state = 'VERIFIED' and a.claim_workflow_id is null and u.kind <> 'physical'
      and (a.fulfil_after is null or a.fulfil_after <= clock_timestamp())
    order by a.verified_at, a.id limit (p ->> 'limit')::int) x
$$;

-- What has come of a batch: those that are the winners' now, and those that are tried again later.
create or replace function settle_fulfilment(p jsonb) returns jsonb language sql as $$
  with done as (
    update giveaway_awards a set state = 'FULFILLED', fulfilled_at = clock_timestamp(), updated_at = clock_timestamp()
    where a.id = any (array(select (x #>> '{}')::uuid from jsonb_array_elements(p -> 'fulfilled') x)) and a.state in ('VERIFIED', 'FULFILLING')
    returning a.*),
  said as (
    insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
    select 'award', d.id, 1, 'giveaway.award.fulfilled', award_facts(row(d.*)::giveaway_awards), p ->> 'actor', p ->> 'requestId', ''
    from done d),
  later as (
    update giveaway_awards a set fulfil_after = clock_timestamp() + (p ->> 'againInMs')::bigint * interval '1 millisecond'
    where a.id = any (array(select (x #>> '{}')::uuid from jsonb_array_elements(p -> 'postponed') x)) and a.state = 'VERIFIED')
  select jsonb_build_object('fulfilled', count(*)) from done
$$;
