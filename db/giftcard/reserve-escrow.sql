-- Escrow of a reservation: its cash and its funding fee lie on accounts of the reservation until it is posted, and are
-- split over the accounts of its cards then. So a publish has one clearing transfer, and a reserve two transfers,
-- whatever the number of cards.
create or replace function reserve_escrow(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_id uuid := (p ->> 'reservationId')::uuid;
  v_currency text := p ->> 'currency';
  v_gross bigint := (p ->> 'grossMinor')::bigint;
  v_fee bigint := (p ->> 'fundingFeeMinor')::bigint;
  v_in_pieces boolean := coalesce((p ->> 'inPieces')::boolean, false);
  r escrow_reservations;
begin
  insert into escrow_reservations (id, giveaway_id, host_id, currency, gross_minor, fee_minor, state)
  values (v_id, (p ->> 'giveawayId')::uuid, (p ->> 'hostId')::uuid, v_currency, v_gross, v_fee, 'RESERVING')
  on conflict (id) do nothing;
  if not found then
    select * into r from escrow_reservations where id = v_id for no key update;
    if r.state = 'VOIDED' then
      perform refuse('escrow_reservation_voided', 'This reservation was undone.', jsonb_build_object('reservationId', v_id));
    elsif (r.gross_minor, r.fee_minor, r.currency) is distinct from (v_gross, v_fee, v_currency) or not v_in_pieces and exists (
      select from jsonb_to_recordset(p -> 'cards') as x("cardId" uuid, "faceMinor" bigint)
      full join (select id, face_minor from gift_cards where reservation_id = v_id) c on c.id = x."cardId"
      where c.face_minor is distinct from x."faceMinor") then
      perform refuse('escrow_reservation_conflict', 'This reservation stands with other inputs.', jsonb_build_object('reservationId', v_id));
    end if;
    return jsonb_build_object('reservationId', v_id, 'state', r.state);
  end if;

  perform insert_priced_cards(v_id, p);
  -- Of cards that follow in pieces the last piece says whether they add up.
  if not v_in_pieces and (select coalesce(sum(face_minor), 0) from gift_cards where reservation_id = v_id) <> v_gross then
    perform refuse('escrow_reservation_conflict', 'The faces of the cards do not add up to the amount.', jsonb_build_object('reservationId', v_id));
  end if;
  perform book_reservation(v_id, v_gross - v_fee, v_fee, v_currency);
  perform append_event('reservation', v_id, 'giftcard.reservation.reserving', jsonb_build_object(
    'giveawayId', p -> 'giveawayId', 'grossMinor', v_gross::text, 'feeMinor', v_fee::text, 'currency', v_currency), p);
  return jsonb_build_object('reservationId', v_id, 'state', 'RESERVING');
end $$;

-- The next cards of a reservation whose cards come in pieces, each with its part of the funding fee, which the giver has
-- allocated over all of them. The last piece is refused unless all faces and fees add up. Repeated it changes nothing.
create or replace function reserve_cards(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
declare
  v_id uuid := (p ->> 'reservationId')::uuid;
  r escrow_reservations;
begin
  -- Shared: an undo waits, or is seen.
  select * into r from escrow_reservations where id = v_id for share;
  if not found then perform refuse('escrow_not_found', 'There is no such reservation.', jsonb_build_object('reservationId', v_id)); end if;
  if r.state = 'VOIDED' then
    perform refuse('escrow_reservation_voided', 'This reservation was undone.', jsonb_build_object('reservationId', v_id));
  end if;
  if r.state = 'RESERVING' then
    perform insert_priced_cards(v_id, p || jsonb_build_object('giveawayId', r.giveaway_id, 'hostId', r.host_id, 'currency', r.currency));
  end if;
  if (p ->> 'last')::boolean and (select (coalesce(sum(c.face_minor), 0), coalesce(sum(c.funding_fee_minor), 0)) from gift_cards c
      where c.reservation_id = v_id) is distinct from (r.gross_minor::numeric, r.fee_minor::numeric) then
    perform refuse('escrow_reservation_conflict', 'The cards do not add up to the amount and its fee.', jsonb_build_object('reservationId', v_id));
  end if;
  return jsonb_build_object('reservationId', v_id, 'state', r.state);
end $$;

-- The two pending transfers of a reservation. The clearing one has the same id on the giver's book.
create or replace function book_reservation(p_id uuid, p_cash_minor bigint, p_fee_minor bigint, p_currency text)
returns void language plpgsql as $$
declare
  v_escrow uuid := ledger_account('escrow', p_id::text, p_currency);
begin
  perform ledger_book(array[
    ledger_transfer('pending', ledger_uuid('transfer', 'publish', p_id::text, 'clearing'),
      ledger_account('clearing:giveaway', 'platform', p_currency), v_escrow, p_cash_minor, p_currency, 'publish.reserve', p_id::text),
    ledger_transfer('pending', ledger_uuid('transfer', 'publish', p_id::text, 'fee'),
      ledger_account('fees:funding', p_id::text, p_currency), v_escrow, p_fee_minor, p_currency, 'publish.reserve.fee', p_id::text)]);
end $$;

-- Cards of a reservation with the rate of now, frozen, and each with its part of the funding fee: as it is given, or else
-- all of them together, by largest remainder, ties by card id.
create or replace function insert_priced_cards(p_reservation_id uuid, p jsonb) returns void language plpgsql as $$
declare
  v_fee numeric := (p ->> 'fundingFeeMinor')::numeric;
  v_gross numeric := (p ->> 'grossMinor')::numeric;
  v record;
begin
  for v in
    select x."cardId" as card_id, x."catalogueItemId" as item_id, x."faceMinor" as face_minor, i.currency,
      case
        when i.id is null or i.merchant_id <> x."merchantId" or i.state <> 'ACTIVE' then 'catalogue_item_not_found'
        when i.operators is not null and not coalesce(x.airtime, false) then 'catalogue_item_is_airtime'
        when i.operators is null and x.airtime then 'catalogue_item_not_airtime'
        when i.currency <> p ->> 'currency' then 'catalogue_currency_mismatch'
        when i.valid_until <= now() then 'catalogue_item_expired'
        when not coalesce(x."faceMinor" = any (i.amounts_minor), x."faceMinor" between i.min_minor and i.max_minor) then 'catalogue_amount_not_offered'
      end as code
    from jsonb_to_recordset(p -> 'cards') as x("cardId" uuid, "merchantId" uuid, "catalogueItemId" uuid, "faceMinor" bigint, airtime boolean)
    left join catalogue_items i on i.id = x."catalogueItemId"
  loop
    if v.code is not null then
      perform refuse(v.code, case v.code
        when 'catalogue_item_not_found' then 'The merchant has no such catalogue item.'
        when 'catalogue_item_is_airtime' then 'The item is airtime, and the prize is a gift card.'
        when 'catalogue_item_not_airtime' then 'The item is a gift card, and the prize is airtime.'
        when 'catalogue_currency_mismatch' then format('The item is sold in %s.', v.currency)
        when 'catalogue_item_expired' then 'Cards of this item would have expired already.'
        else 'The item is not sold in this amount.' end,
        jsonb_build_object('cardId', v.card_id, 'catalogueItemId', v.item_id, 'faceMinor', v.face_minor::text));
    end if;
  end loop;

  with shares as (
    select x."cardId", x."merchantId", x."catalogueItemId", x."faceMinor", x."fundingFeeMinor" as given, div(v_fee * x."faceMinor", v_gross) as share, mod(v_fee * x."faceMinor", v_gross) as remainder
    from jsonb_to_recordset(p -> 'cards') as x("cardId" uuid, "merchantId" uuid, "catalogueItemId" uuid, "faceMinor" bigint, "fundingFeeMinor" bigint)
  ), ranked as (
    select s.*, row_number() over (order by remainder desc, "cardId") as place, v_fee - sum(share) over () as left_over from shares s
  )
  insert into gift_cards (id, reservation_id, giveaway_id, host_id, merchant_id, catalogue_item_id, currency, face_minor,
                          funding_fee_minor, rate_version, rate_ppm, rate_min_minor, rate_max_minor)
  select s."cardId", p_reservation_id, (p ->> 'giveawayId')::uuid, (p ->> 'hostId')::uuid, s."merchantId", s."catalogueItemId",
    p ->> 'currency', s."faceMinor", coalesce(s.given, s.share + (s.place <= s.left_over)::int), r.version, r.rate_ppm, r.min_minor, r.max_minor
  from ranked s
  join lateral (select * from merchant_rates r where r.merchant_id = s."merchantId" and r.effective_at <= now()
                order by r.effective_at desc, r.version desc limit 1) r on true
  on conflict (id) do nothing;

  select c.id into v from gift_cards c
  where c.id = any (array(select (x ->> 'cardId')::uuid from jsonb_array_elements(p -> 'cards') x)) and (shares_up_to(c, c.face_minor)).merchant <= 0 limit 1;
  if found then
    perform refuse('settlement_leaves_nothing', 'Fees would leave the merchant nothing.', jsonb_build_object('cardId', v.id));
  end if;
end $$;

-- RESERVING → RESERVED, after the giver has posted: only forward. Opens the first cards; `cardsLeft` are opened by
-- open_reserved_cards, in batches.
create or replace function post_escrow(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'reservationId')::uuid;
  r escrow_reservations;
begin
  select * into r from escrow_reservations where id = v_id for no key update;
  if not found then perform refuse('escrow_not_found', 'There is no such reservation.', jsonb_build_object('reservationId', v_id)); end if;
  if r.state = 'VOIDED' then
    perform refuse('escrow_reservation_voided', 'This reservation was undone.', jsonb_build_object('reservationId', v_id));
  end if;
  if r.state = 'RESERVING' then
    perform ledger_book(reservation_resolutions('post', r));
    update escrow_reservations set state = 'RESERVED', updated_at = now() where id = v_id;
    perform append_event('reservation', v_id, 'giftcard.reservation.reserved', '{}', p);
  end if;
  return jsonb_build_object('reservationId', v_id, 'state', 'RESERVED', 'cardsLeft', open_reserved_cards(r, p));
end $$;

-- The next cards of a posted reservation get their part of its escrow. @returns how many are left.
create or replace function open_reserved_cards(r escrow_reservations, p jsonb) returns int language plpgsql as $$
declare
  v_cards uuid[];
begin
  v_cards := array(select c.id from gift_cards c where c.reservation_id = r.id and c.state = 'RESERVING' order by c.id
                   limit (p ->> 'batch')::int for no key update);
  perform ledger_book(array(
    select line from gift_cards c
    cross join lateral (values
      (ledger_transfer('posted', ledger_uuid('transfer', 'publish', r.id::text, 'split', c.id::text),
        ledger_account('escrow', r.id::text, r.currency), ledger_account('escrow', c.id::text, r.currency), c.face_minor, r.currency,
        'publish.escrow.split', c.id::text)),
      (ledger_transfer('posted', ledger_uuid('transfer', 'publish', r.id::text, 'fee-split', c.id::text),
        ledger_account('fees:funding', c.id::text, r.currency), ledger_account('fees:funding', r.id::text, r.currency),
        c.funding_fee_minor, r.currency, 'publish.fee.split', c.id::text))) s(line)
    where c.id = any (v_cards)));
  insert into card_escrows (id, card_id, origin, amount_minor, state)
  select ledger_uuid('card-escrow', c.id::text, 'issue'), c.id, 'issue', c.face_minor, 'RESERVED' from gift_cards c where c.id = any (v_cards);
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'gift_card', c.id, 1, 'giftcard.card.issued', jsonb_strip_nulls(jsonb_build_object('reservationId', r.id, 'giveawayId', c.giveaway_id,
    'hostId', c.host_id, 'merchantId', c.merchant_id, 'currency', c.currency, 'faceMinor', c.face_minor::text)), p ->> 'actor', p ->> 'requestId', ''
  from gift_cards c where c.id = any (v_cards);
  update gift_cards set state = 'ISSUED', remaining_minor = face_minor, updated_at = now() where id = any (v_cards);
  return (select count(*) from gift_cards c where c.reservation_id = r.id and c.state = 'RESERVING');
end $$;

-- The undo of a reservation. Where there was none it leaves a VOIDED row, and the ledger's mark, so that a late reserve
-- under this id is refused.
create or replace function void_escrow(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'reservationId')::uuid;
  r escrow_reservations;
begin
  insert into escrow_reservations (id, state) values (v_id, 'VOIDED') on conflict (id) do nothing;
  if found then
    perform ledger_book(array[ledger_resolve('void', ledger_uuid('transfer', 'publish', v_id::text, 'clearing'), 'publish.void', v_id::text)]);
    perform append_event('reservation', v_id, 'giftcard.reservation.voided', '{}', p);
    return jsonb_build_object('reservationId', v_id, 'state', 'VOIDED', 'cardsLeft', 0);
  end if;
  select * into r from escrow_reservations where id = v_id for no key update;
  if r.state = 'RESERVED' then raise exception 'reservation % is posted and cannot be voided', v_id; end if;
  if r.state = 'RESERVING' then
    perform ledger_book(reservation_resolutions('void', r));
    update escrow_reservations set state = 'VOIDED', updated_at = now() where id = v_id;
    perform append_event('reservation', v_id, 'giftcard.reservation.voided', '{}', p);
  end if;
  update gift_cards set state = 'VOIDED', updated_at = now() where id = any (array(
    select c.id from gift_cards c where c.reservation_id = v_id and c.state = 'RESERVING' order by c.id limit (p ->> 'batch')::int for no key update));
  return jsonb_build_object('reservationId', v_id, 'state', 'VOIDED', 'cardsLeft',
    (select count(*) from gift_cards c where c.reservation_id = v_id and c.state = 'RESERVING'));
end $$;

-- What was never booked, because it was zero, has nothing to resolve.
create or replace function reservation_resolutions(p_kind text, r escrow_reservations) returns ledger_line[] language sql stable as $$
  select coalesce(array_agg(ledger_resolve(p_kind, ledger_uuid('transfer', 'publish', r.id::text, name), 'publish.' || p_kind, r.id::text)), '{}')
  from (values ('clearing', r.gross_minor - r.fee_minor), ('fee', r.fee_minor)) v(name, amount_minor) where amount_minor > 0
$$;
