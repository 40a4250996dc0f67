-- Who has which rank of a draw, from one rank to another.
create or replace function ranked_participants(p_giveaway_id uuid, p_draw_number int, p_from int, p_to int)
returns table (rank int, participant_id uuid) language sql stable as $$
  select r.rank, s.participant_id
  from generate_series(greatest(p_from, 1), p_to) r(rank)
  join giveaway_ranking_pages g on g.giveaway_id = p_giveaway_id and g.draw_number = p_draw_number
    and g.first_rank = (r.rank - 1) / 4096 * 4096 + 1
    and (r.rank - g.first_rank) * 32 < octet_length(g.commitments)
  join giveaway_participants s on s.giveaway_id = p_giveaway_id
    and s.commitment = substr(g.commitments, (r.rank - g.first_rank) * 32 + 1, 32)
$$;

-- Offers prize units, in order, to as many ranks; a claim window begins when its winner is told.
create or replace function insert_awards(
  p_giveaway_id uuid, p_draw_number int, p_prize_ids uuid[], p_ranks int[], p_reasons text[]
) returns void language sql as $$
  insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason)
  select ledger_uuid('award', p_giveaway_id::text, p_draw_number::text, u.rank::text), p_giveaway_id, p_draw_number, u.prize_id,
    u.rank, r.participant_id, u.reason
  from unnest(p_prize_ids, p_ranks, p_reasons) u(prize_id, rank, reason)
  join ranked_participants(p_giveaway_id, p_draw_number, (select min(x) from unnest(p_ranks) x), (select max(x) from unnest(p_ranks) x)) r
    on r.rank = u.rank
$$;
