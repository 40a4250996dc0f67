-- CLAIMED → VERIFIED by a person. Where somebody has asked for a disqualification, it takes another one to say that there
-- is nothing in it, and one of the two is not the host. Locks: the giveaway, its disqualification, then the award.
create or replace function verify_award(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
  d giveaway_disqualifications;
begin
  perform 1 from giveaways where id = (p ->> 'giveawayId')::uuid for no key update;
  select * into a from giveaway_awards where id = (p ->> 'awardId')::uuid and giveaway_id = (p ->> 'giveawayId')::uuid;
  if a.id is null then perform refuse('award_not_found', 'There is no such award.', jsonb_build_object('awardId', p ->> 'awardId')); end if;
  select * into d from giveaway_disqualifications where giveaway_id = a.giveaway_id and participant_id = a.participant_id for no key update;
  select * into a from giveaway_awards where id = a.id for no key update;
  if a.state in ('VERIFIED', 'FULFILLING', 'FULFILLED') then return award_answer(a); end if;
  if a.state <> 'CLAIMED' then
    perform refuse('award_not_claimed', format('The award is %s: there is no claim to verify.', a.state), jsonb_build_object('awardId', a.id, 'state', a.state));
  end if;
  if d.requested_by is not null and d.rejected_at is null then perform clear_doubt(d, p); end if;
  -- The claim's workflow has ended: a sweep brings the prize.
  update giveaway_awards set verified_at = clock_timestamp(), claim_workflow_id = null where id = a.id;
  return award_answer(move_award(a, 'VERIFIED', p));
end $$;
