-- Where each prize has a ranking of its own: they come one after the other, each of all participants, in the order of the
-- prizes, and ranks count on. Elsewhere there is one.
create or replace function ranks_each_prize(p_giveaway_id uuid) returns boolean language sql stable as $$
  select coalesce(g.rules ->> 'mode', 'random_draw') <> 'leaderboard' and coalesce(g.rules ->> 'prizesPerPerson', 'one') = 'several'
  from giveaways g where g.id = p_giveaway_id
$$;

-- The ranks of one such ranking: those after `before`, up to `last`.
create or replace function ranking_line(p_giveaway_id uuid, p_line int) returns table (before int, last int) language sql stable as $$
  select p_line * x.length, (p_line + 1) * x.length
  from (
    select (coalesce(sum(octet_length(g.commitments) / 32), 0) / case when ranks_each_prize(p_giveaway_id)
      then greatest(1, (select count(*) from giveaway_prize_groups q where q.giveaway_id = p_giveaway_id)) else 1 end)::int as length
    from giveaway_ranking_pages g where g.giveaway_id = p_giveaway_id and g.draw_number = 1) x
$$;

-- Who stands in line for a unit: never offered a prize out of this ranking, and not disqualified. In the order of its ranks.
-- Scalar subselects: what is planned on an empty table would otherwise be kept as a full scan for each rank.
create or replace function ranks_in_line(p_giveaway_id uuid, p_line int, p_limit bigint)
returns table (rank int, participant_id uuid, doubted boolean) language sql stable as $$
  with known as materialized (
    select l.before, l.last,
      (select count(*) from giveaway_awards a where a.giveaway_id = p_giveaway_id and a.draw_number = 1
        and a.rank > l.before and a.rank <= l.last) as offered,
      (select count(*) from giveaway_disqualifications d where d.giveaway_id = p_giveaway_id and d.approved_at is not null) as failed
    from ranking_line(p_giveaway_id, p_line) l),
  -- Beyond that lies nobody whom these promotions could reach.
  free as materialized (
    select s.rank from known k, generate_series(k.before + 1, least(k.last, k.before + k.offered + k.failed + p_limit)::int) s(rank)
    where (select a.rank from giveaway_awards a where (a.giveaway_id, a.draw_number, a.rank) = (p_giveaway_id, 1, s.rank)) is null
    order by s.rank limit p_limit + (select k.failed from known k))
  select x.rank, x.participant_id, coalesce(x.doubt = 'open', false)
  from (
    select r.rank, r.participant_id,
      (select case when d.approved_at is not null then 'approved' when d.rejected_at is null then 'open' else 'rejected' end
       from giveaway_disqualifications d where d.giveaway_id = p_giveaway_id and d.participant_id = r.participant_id) as doubt
    from free f cross join lateral ranked_participants(p_giveaway_id, 1, f.rank, f.rank) r) x
  where x.doubt is distinct from 'approved'
  order by x.rank limit p_limit
$$;

-- Units that nobody holds, with the ranking that they go down, and in which turn.
create or replace function vacant_units(p_giveaway_id uuid) returns table (id uuid, line int, n bigint) language sql stable as $$
  select v.id, v.line, row_number() over (partition by v.line order by v.position)
  from (
    select u.id, u.position, case when e.each_prize then q.position - 1 else 0 end as line
    from giveaway_prizes u join giveaway_prize_groups q on q.id = u.group_id
    cross join (select ranks_each_prize(p_giveaway_id) as each_prize offset 0) e
    where u.giveaway_id = p_giveaway_id and not exists (
      select from giveaway_awards a where a.prize_id = u.id and a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED'))) v
$$;

-- Each vacated unit goes to the lowest rank in its line; nobody else moves. At the first of whom it is unknown whether they
-- may win the line stops: its units wait. The caller has locked the giveaway.
create or replace function promote_awards(p_giveaway_id uuid, p jsonb) returns void language sql as $$
  with vacant as materialized (select * from vacant_units(p_giveaway_id)),
  line as materialized (
    select v.line, r.rank, r.participant_id, r.doubted
    from (select x.line, count(*) as units from vacant x group by x.line) v
    cross join lateral ranks_in_line(p_giveaway_id, v.line, v.units) r),
  promoted as (
    select v.id as prize_id, c.rank, c.participant_id
    from vacant v join (
      select l.line, l.rank, l.participant_id, row_number() over (partition by l.line order by l.rank) as n
      from (select x.*, min(x.rank) filter (where x.doubted) over (partition by x.line) as stop from line x) l
      where l.rank < coalesce(l.stop, 2147483647)) c on (c.line, c.n) = (v.line, v.n)),
  made as (
    insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason)
    select ledger_uuid('award', p_giveaway_id::text, '1', m.rank::text), p_giveaway_id, 1, m.prize_id, m.rank, m.participant_id,
      coalesce((
        select format('promoted: rank %s %s', a.rank,
          case a.state when 'EXPIRED' then 'expired' when 'DECLINED' then 'declined' else 'was disqualified' end)
        from giveaway_awards a where a.prize_id = m.prize_id order by a.updated_at desc, a.rank desc limit 1), 'promoted')
    from promoted m returning *)
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'award', m.id, 1, 'giveaway.award.promoted', jsonb_build_object('giveawayId', m.giveaway_id, 'awardId', m.id,
    'rank', m.rank, 'prizeId', m.prize_id, 'reason', m.reason), p ->> 'actor', p ->> 'requestId', ''
  from made m
$$;

-- Units that nobody holds while somebody is still in their line: it is not known yet whether that person may win.
create or replace function units_waiting(p_giveaway_id uuid) returns bigint language sql stable as $$
  select coalesce(sum(v.units), 0)::bigint
  from (select x.line, count(*) as units from vacant_units(p_giveaway_id) x group by x.line) v
  where exists (select from ranks_in_line(p_giveaway_id, v.line, 1))
$$;
