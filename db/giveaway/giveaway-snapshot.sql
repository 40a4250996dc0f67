-- A giveaway as anybody may see it, or its host before it is public, with its first units and its first winners. One
-- statement, and so one moment: whoever follows it live goes on from its version. @returns null where there is none.
create or replace function giveaway_snapshot(p jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object(
    'giveaway', jsonb_build_object('id', g.id, 'title', g.title, 'description', g.description, 'state', g.state,
      'failureCode', g.failure_code, 'currency', g.currency, 'opensAt', coalesce(g.opened_at, g.opens_at), 'closesAt', g.closes_at,
      'pausedAt', g.paused_at),
    'rules', g.rules,
    'methods', (select coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'kind', m.kind, 'weight', m.weight, 'required', m.required,
      'period', m.period, 'cap', m.cap, 'target', m.target, 'prompt', m.prompt) order by m.position), '[]')
      from giveaway_methods m where m.giveaway_id = g.id),
    'prizeGroups', (select coalesce(jsonb_agg(to_jsonb(q) || jsonb_build_object('faceMinor', q."faceMinor"::text) order by q.position), '[]')
      from giveaway_prize_quotas(g.id) q),
    'prizes', (select coalesce(jsonb_agg(jsonb_build_object('id', u.id, 'position', u.position, 'groupId', u.group_id, 'cardId', u.card_id,
      'merchantId', u.merchant_id, 'amountMinor', u.face_minor::text, 'currency', u.currency) order by u.position), '[]')
      from (select * from giveaway_prizes x where x.giveaway_id = g.id order by x.position limit (p ->> 'shown')::int) u),
    'winners', (select coalesce(jsonb_agg(jsonb_build_object('awardId', a.id, 'rank', a.rank, 'prizeId', a.prize_id,
      'groupId', (select u.group_id from giveaway_prizes u where u.id = a.prize_id), 'state', a.state) order by a.rank), '[]')
      from (select * from giveaway_awards x where x.giveaway_id = g.id order by x.rank limit (p ->> 'shown')::int) a),
    'winnerCount', (select count(*) from giveaway_awards a where a.giveaway_id = g.id),
    'draw', (select jsonb_build_object('secretHash', encode(d.secret_hash, 'hex'), 'commitmentHash', d.commitment_hash,
      'randomness', d.commitment -> 'randomness', 'witness', d.witness ->> 'kind',
      'awaitedChain', case when d.beacon_signature is null then d.beacon_chain end)
      from giveaway_draws d where d.giveaway_id = g.id and d.draw_number = 1),
    -- The number of its last event: what a live client has seen.
    'version', (select coalesce(max(e.version), 0) from domain_events e where e.aggregate_type = 'giveaway' and e.aggregate_id = g.id),
    'serverTime', clock_timestamp())
  from giveaways g
  where g.id = (p ->> 'giveawayId')::uuid and (g.published_at is not null or g.host_id = (p ->> 'viewerId')::uuid)
$$;

-- The prizes of a giveaway with their quotas, by rank.
create or replace function giveaway_prize_quotas(p_giveaway_id uuid)
returns table (id uuid, "position" int, kind text, name text, description text, quantity int, "faceMinor" bigint, currency text, "merchantId" uuid)
language sql stable as $$
  select q.id, q.position, q.kind, q.name, q.description, u.quantity, u.face_minor, u.currency, u.merchant_id
  from giveaway_prize_groups q
  cross join lateral (
    select count(*)::int as quantity, min(x.face_minor) as face_minor, min(x.currency) as currency, (array_agg(x.merchant_id))[1] as merchant_id
    from giveaway_prizes x where x.group_id = q.id) u
  where q.giveaway_id = p_giveaway_id
$$;
