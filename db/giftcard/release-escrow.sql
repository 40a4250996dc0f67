-- Cards that nobody was given go back to the host: all of them, or none. Repeated with the same id it returns what
-- stands. The giver posts first: this book now, the host's afterwards.
create or replace function release_escrow(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  r escrow_releases;
  v_cards uuid[] := array(select (x #>> '{}')::uuid from jsonb_array_elements(p -> 'cardIds') x);
  c gift_cards;
begin
  insert into escrow_releases (id, host_id, currency, giveaway_id, reason)
  values ((p ->> 'releaseId')::uuid, (p ->> 'hostId')::uuid, p ->> 'currency', (p ->> 'giveawayId')::uuid, p ->> 'reason')
  on conflict (id) do nothing returning * into r;
  if r.id is null then
    select * into r from escrow_releases where id = (p ->> 'releaseId')::uuid;
    return release_answer(r);
  end if;
  for c in select * from gift_cards where id = any (v_cards) order by id for no key update loop
    if c.host_id <> r.host_id or c.currency <> r.currency or c.state <> 'ISSUED' then
      perform refuse('card_not_found', 'There is no such card of this host.', jsonb_build_object('cardId', c.id));
    elsif c.assigned_at is not null then
      perform refuse('card_already_assigned', 'The card is somebody’s: only its expiry gives it back.', jsonb_build_object('cardId', c.id));
    end if;
  end loop;
  if (select count(*) from gift_cards where id = any (v_cards)) <> cardinality(v_cards) then
    perform refuse('card_not_found', 'There is no such card of this host.');
  end if;
  perform ledger_book(release_cards(r, v_cards, false, p));
  select * into r from escrow_releases where id = r.id;
  return release_answer(r);
end $$;

-- What has passed its deadline, by the database's clock: a card on which something is authorised waits. Which cards
-- these are is claimed by moving them, so that a repeat releases the next ones. @returns how many cards.
create or replace function release_expired(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_cards uuid[];
  v_lines ledger_line[] := '{}';
  g record;
  r escrow_releases;
  -- Read once: a clock that may show another time for each row is no bound that an index knows.
  v_now timestamptz := clock_timestamp();
begin
  v_cards := array(
    select c.id from gift_cards c
    where c.remaining_minor > 0 and c.next_deadline <= v_now and c.held_minor = 0
    order by c.next_deadline, c.id limit (p ->> 'limit')::int for no key update skip locked);
  for g in
    select c.host_id, c.currency, array_agg(c.id order by c.id) as cards from gift_cards c
    where c.id = any (v_cards) group by c.host_id, c.currency order by 1, 2
  loop
    insert into escrow_releases (id, host_id, currency, reason) values (gen_random_uuid(), g.host_id, g.currency, 'expired') returning * into r;
    v_lines := v_lines || release_cards(r, g.cards, true, p);
  end loop;
  perform ledger_book(v_lines);
  return jsonb_build_object('cards', cardinality(v_cards));
end $$;

-- Moves the escrows of locked cards, and says what is to be booked: each card's part to the release's account, and from
-- there one clearing transfer. With R goes back what the card no longer carries of its fee: F(L) − F(L − R), where L is
-- the face less what was released before.
create or replace function release_cards(r escrow_releases, p_cards uuid[], p_due_only boolean, p jsonb) returns ledger_line[]
language plpgsql as $$
declare
  v_lines ledger_line[];
  v_cash bigint;
  v_fee bigint;
  v_count int;
  v_release uuid := ledger_account('escrow', r.id::text, r.currency);
begin
  update card_escrows e set state = 'RELEASING', release_id = r.id, updated_at = now()
  from gift_cards c
  where c.id = e.card_id and c.id = any (p_cards) and e.state = 'RESERVED'
    and (not p_due_only or coalesce(e.deadline, c.expires_at) <= clock_timestamp());

  with parts as (
    select c.id, c.face_minor, s.amount, c.funding_fee_minor, c.face_minor - c.released_minor as l
    from (select e.card_id, sum(e.amount_minor)::bigint as amount from card_escrows e where e.release_id = r.id group by 1) s
    join gift_cards c on c.id = s.card_id
  ), fees as (
    select id, amount, (div(funding_fee_minor::numeric * l, face_minor) - div(funding_fee_minor::numeric * (l - amount), face_minor))::bigint as fee
    from parts
  )
  select coalesce(sum(f.amount - f.fee), 0), coalesce(sum(f.fee), 0), count(*),
    coalesce(array_agg(ledger_transfer('posted', ledger_uuid('transfer', 'release', r.id::text, 'cash', f.id::text),
      ledger_account('escrow', f.id::text, r.currency), v_release, f.amount - f.fee, r.currency, 'release.' || r.reason, r.id::text)), '{}')
    || coalesce(array_agg(ledger_transfer('posted', ledger_uuid('transfer', 'release', r.id::text, 'fee', f.id::text),
      ledger_account('escrow', f.id::text, r.currency), ledger_account('fees:funding', f.id::text, r.currency), f.fee, r.currency,
      'release.fee', r.id::text)), '{}')
  into v_cash, v_fee, v_count, v_lines from fees f;
  -- The same id on both books: the auditor looks it up on the other side.
  v_lines := v_lines || ledger_transfer('posted', ledger_uuid('transfer', 'release', r.id::text, 'clearing'), v_release,
    ledger_account('clearing:giveaway', 'platform', r.currency), v_cash, r.currency, 'release.clearing', r.id::text);

  update gift_cards c set remaining_minor = c.remaining_minor - s.amount, released_minor = c.released_minor + s.amount, updated_at = now(),
    next_deadline = (select min(coalesce(e.deadline, c.expires_at)) from card_escrows e where e.card_id = c.id and e.state = 'RESERVED')
  from (select e.card_id, sum(e.amount_minor)::bigint as amount from card_escrows e where e.release_id = r.id group by 1) s
  where c.id = s.card_id;
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'gift_card', e.card_id, 1, 'giftcard.card.released', jsonb_build_object('releaseId', r.id, 'reason', r.reason,
    'currency', r.currency, 'amountMinor', sum(e.amount_minor)::text), p ->> 'actor', p ->> 'requestId', ''
  from card_escrows e where e.release_id = r.id group by e.card_id;
  update escrow_releases set cash_minor = v_cash, fee_minor = v_fee, card_count = v_count where id = r.id returning * into r;
  perform append_event('escrow_release', r.id, 'giftcard.release.started', release_facts(r), p);
  return v_lines;
end $$;

-- The host has it back.
create or replace function complete_release(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  r escrow_releases;
begin
  select * into r from escrow_releases where id = (p ->> 'releaseId')::uuid for no key update;
  if not found then perform refuse('escrow_not_found', 'There is no such release.'); end if;
  if r.state = 'RELEASING' then
    update escrow_releases set state = 'RELEASED', updated_at = now() where id = r.id returning * into r;
    update card_escrows set state = 'RELEASED', updated_at = now() where release_id = r.id;
    perform append_event('escrow_release', r.id, 'giftcard.release.completed', release_facts(r), p);
  end if;
  return release_answer(r);
end $$;

create or replace function release_facts(r escrow_releases) returns jsonb language sql immutable as $$
  select jsonb_build_object('hostId', r.host_id, 'giveawayId', r.giveaway_id, 'currency', r.currency, 'reason', r.reason,
    'cashMinor', r.cash_minor::text, 'feeMinor', r.fee_minor::text, 'cards', r.card_count)
$$;

create or replace function release_answer(r escrow_releases) returns jsonb language sql immutable as $$
  select release_facts(r) || jsonb_build_object('releaseId', r.id, 'state', r.state, 'createdAt', r.created_at)
$$;
