-- NOTIFIED → CLAIMED, and on to VERIFIED where nobody has to look at it first. Locks: the award. By the database's clock,
-- read after the lock: a claim that waited for the window's end to be written finds it over.
create or replace function claim_award(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
begin
  a := lock_own_award(p);
  if a.state in ('CLAIMED', 'VERIFIED', 'FULFILLING', 'FULFILLED') then return award_answer(a); end if;
  perform require_claimable(a);
  if (select u.kind from giveaway_prizes u where u.id = a.prize_id) = 'physical' then
    perform refuse('award_address_missing', 'This prize is sent by post: the claim says where to.', jsonb_build_object('awardId', a.id));
  end if;
  return award_answer(accept_claim(a, p ->> 'workflowId', p));
end $$;

-- Of an award that the caller has locked and found claimable.
create or replace function accept_claim(a giveaway_awards, p_workflow_id text, p jsonb) returns giveaway_awards language plpgsql as $$
begin
  update giveaway_awards set claimed_at = clock_timestamp(), claim_workflow_id = p_workflow_id where id = a.id;
  a := move_award(a, 'CLAIMED', p);
  if not claim_needs_decision(a) then
    update giveaway_awards set verified_at = clock_timestamp() where id = a.id;
    a := move_award(a, 'VERIFIED', p);
  end if;
  return a;
end $$;

create or replace function lock_own_award(p jsonb) returns giveaway_awards language plpgsql as $$
declare
  a giveaway_awards;
begin
  select * into a from giveaway_awards where id = (p ->> 'awardId')::uuid for no key update;
  if a.id is null then perform refuse('award_not_found', 'There is no such award.', jsonb_build_object('awardId', p ->> 'awardId')); end if;
  if a.participant_id <> (p ->> 'participantId')::uuid then
    perform refuse('award_not_yours', 'This prize was awarded to somebody else.', jsonb_build_object('awardId', a.id));
  end if;
  return a;
end $$;

create or replace function require_claimable(a giveaway_awards) returns void language plpgsql as $$
begin
  if a.state = 'EXPIRED' or a.state = 'NOTIFIED' and a.claim_expires_at <= clock_timestamp() then
    perform refuse('award_claim_expired', 'The time to claim this prize is over.', jsonb_build_object('awardId', a.id));
  elsif a.state <> 'NOTIFIED' then
    perform refuse('award_not_claimable', format('The award is %s.', a.state), jsonb_build_object('awardId', a.id, 'state', a.state));
  end if;
end $$;

-- Where the host looks at every winner; or something speaks against this one, which is a doubt and no verdict: somebody has
-- asked for a disqualification, or, after they had won at once, they were excluded or put up for review.
create or replace function claim_needs_decision(a giveaway_awards) returns boolean language sql as $$
  select coalesce((select g.rules ->> 'claimVerification' = 'manual' from giveaways g where g.id = a.giveaway_id), false)
    or exists (select from giveaway_disqualifications d where d.giveaway_id = a.giveaway_id and d.participant_id = a.participant_id
      and d.approved_at is null and d.rejected_at is null)
    or exists (select from giveaway_exclusions x where x.giveaway_id = a.giveaway_id and x.participant_id = a.participant_id)
    or exists (select from giveaway_reviews r where r.giveaway_id = a.giveaway_id and r.participant_id = a.participant_id and r.state <> 'CLEARED')
$$;

-- Moves an award that the caller has locked, and says so.
create or replace function move_award(a giveaway_awards, p_state text, p jsonb) returns giveaway_awards language plpgsql as $$
begin
  update giveaway_awards set state = p_state, updated_at = clock_timestamp() where id = a.id returning * into a;
  perform append_event('award', a.id, 'giveaway.award.' || lower(p_state), award_facts(a), p);
  return a;
end $$;

create or replace function award_facts(a giveaway_awards) returns jsonb language sql immutable as $$
  select jsonb_build_object('giveawayId', a.giveaway_id, 'awardId', a.id, 'rank', a.rank, 'prizeId', a.prize_id)
$$;

create or replace function award_answer(a giveaway_awards) returns jsonb language sql stable as $$
  select award_facts(a) || jsonb_build_object('id', a.id, 'participantId', a.participant_id, 'state', a.state,
    'cardId', (select u.card_id from giveaway_prizes u where u.id = a.prize_id))
$$;

-- Of one giveaway: what still keeps it from being completed, counted up to a hundred, and until when its next window runs.
-- A unit that waits for somebody to be cleared is open too. Every claim that is fulfilled asks: it reads a few rows of
-- partial indexes, however many winners there are, and looks for vacant units only when no award is open.
create or replace function awards_progress(p_giveaway_id uuid) returns jsonb language sql as $$
  select jsonb_build_object('giveawayId', p_giveaway_id,
    'openAwards', case when x.open > 0 then x.open else units_waiting(p_giveaway_id) end, 'nextExpiryInMs', x.next_ms)
  from (
    select
      (select count(*) from (select from giveaway_awards a where a.giveaway_id = p_giveaway_id
        and a.state in ('NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLING') limit 100) o) as open,
      (select ceil(extract(epoch from a.claim_expires_at - clock_timestamp()) * 1000) from giveaway_awards a
        where a.giveaway_id = p_giveaway_id and a.state = 'NOTIFIED' and a.claim_expires_at is not null
        order by a.claim_expires_at limit 1) as next_ms) x
$$;
