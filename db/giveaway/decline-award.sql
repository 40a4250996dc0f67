-- The winner does not want it: it goes to the next rank at once. Locks: the giveaway, then the award.
create or replace function decline_award(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
begin
  perform 1 from giveaways where id = (select x.giveaway_id from giveaway_awards x where x.id = (p ->> 'awardId')::uuid) for no key update;
  a := lock_own_award(p);
  if a.state = 'DECLINED' then return award_answer(a); end if;
  -- A claim that waits for a decision may still be given back.
  if a.state <> 'CLAIMED' then perform require_claimable(a); end if;
  a := move_award(a, 'DECLINED', p);
  perform promote_awards(a.giveaway_id, p);
  return award_answer(a);
end $$;
