-- Who takes part in the draw of a frozen giveaway, participant by participant: everything it rests on is frozen too, so
-- that a repeat finds the same. An entry that weighs nothing says why. Referrals come last: they count for people who
-- take part themselves. @returns where the next batch begins; null at the end.
create or replace function settle_eligibility(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_after text := p ->> 'after';
  v_limit int := (p ->> 'limit')::int;
  v_ids uuid[];
begin
  perform pg_advisory_xact_lock_shared(hashtextextended(v_giveaway::text, 0));
  -- What is committed to stands as it is.
  if (select g.state from giveaways g where g.id = v_giveaway) <> 'CLOSED' or not needs_settling(v_giveaway) then
    return jsonb_build_object('next', null);
  end if;
  if v_after not like 'referrals:%' then
    v_ids := array(select s.participant_id from giveaway_participants s where s.giveaway_id = v_giveaway
      and s.participant_id > coalesce(nullif(v_after, ''), '00000000-0000-0000-0000-000000000000')::uuid
      order by s.participant_id limit v_limit);
    perform settle_participants(v_giveaway, v_ids);
    return jsonb_build_object('next', case when cardinality(v_ids) = v_limit then v_ids[v_limit]::text else 'referrals:' end);
  end if;
  v_ids := array(select e.id from giveaway_entries e join giveaway_methods m on m.giveaway_id = e.giveaway_id and m.name = e.method and m.kind = 'referral'
    where e.giveaway_id = v_giveaway
      and e.id > coalesce(nullif(substr(v_after, 11), ''), '00000000-0000-0000-0000-000000000000')::uuid
    order by e.id limit v_limit);
  update giveaway_entries e set reason = 'referral_not_eligible'
  where e.id = any (v_ids) and e.reason = 'eligible' and not exists (
    select from giveaway_entries r join giveaway_methods m on m.giveaway_id = r.giveaway_id and m.name = r.method
    where r.giveaway_id = v_giveaway and r.participant_id = e.period::uuid and r.reason = 'eligible' and m.kind <> 'referral');
  return jsonb_build_object('next', case when cardinality(v_ids) = v_limit then 'referrals:' || v_ids[v_limit] end);
end $$;

-- With direct entry alone and nobody excluded or under review, every entry counts as it is.
create or replace function needs_settling(p_giveaway_id uuid) returns boolean language sql as $$
  select (select count(*) from giveaway_methods where giveaway_id = p_giveaway_id) > 1
    or coalesce((select true from giveaway_exclusions where giveaway_id = p_giveaway_id limit 1), false)
    or coalesce((select true from giveaway_reviews where giveaway_id = p_giveaway_id limit 1), false)
$$;

create or replace function settle_participants(p_giveaway_id uuid, p_ids uuid[]) returns void language sql as $$
  update giveaway_entries e set reason = w.reason
  from (
    select s.id, coalesce(
      (select x.code from giveaway_exclusions x where x.giveaway_id = p_giveaway_id and x.participant_id = s.id),
      (select case r.state when 'PENDING' then 'under_review' when 'DISQUALIFIED' then 'disqualified' end
       from giveaway_reviews r where r.giveaway_id = p_giveaway_id and r.participant_id = s.id),
      (select 'required_missing' from giveaway_methods m where m.giveaway_id = p_giveaway_id and m.required and not exists (
        select from giveaway_entries q where q.giveaway_id = p_giveaway_id and q.participant_id = s.id and q.method = m.name and q.reason = 'eligible')
       limit 1)) as reason
    from unnest(p_ids) s(id)) w
  where e.giveaway_id = p_giveaway_id and e.participant_id = w.id and e.reason = 'eligible' and w.reason is not null
$$;
