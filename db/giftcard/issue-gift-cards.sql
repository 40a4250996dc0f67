create or replace function order_answer(o card_orders) returns jsonb language sql stable as $$
  select jsonb_build_object('orderId', o.id, 'hostId', o.host_id, 'merchantId', o.merchant_id, 'catalogueItemId', o.catalogue_item_id,
    'currency', o.currency, 'faceMinor', o.face_minor::text, 'count', o.card_count, 'issued', o.issued_count, 'activate', o.activate,
    'state', o.state, 'failureCode', o.failure_code, 'createdAt', o.created_at)
$$;

create or replace function lock_order(p_id uuid) returns card_orders language plpgsql as $$
declare
  o card_orders;
begin
  select * into o from card_orders where id = p_id for no key update;
  if not found then perform refuse('card_order_not_found', 'There is no such order.', jsonb_build_object('orderId', p_id)); end if;
  return o;
end $$;

-- The order and the rate of its cards. A refusal leaves no row.
create or replace function place_card_order(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  i catalogue_items;
  o card_orders;
  v_face bigint := (p ->> 'faceMinor')::bigint;
begin
  select * into o from card_orders where id = (p ->> 'orderId')::uuid;
  if found then return order_answer(o); end if;
  select * into i from catalogue_items where id = (p ->> 'catalogueItemId')::uuid and state = 'ACTIVE';
  if not found then perform refuse('catalogue_item_not_found', 'There is no such catalogue item.'); end if;
  if i.operators is not null then perform refuse('catalogue_item_is_airtime', 'Airtime is a prize; its cards are not sold otherwise.'); end if;
  if i.valid_until <= now() then perform refuse('catalogue_item_expired', 'Cards of this item would have expired already.'); end if;
  if not coalesce(v_face = any (i.amounts_minor), v_face between i.min_minor and i.max_minor) then
    perform refuse('catalogue_amount_not_offered', 'The item is not sold in this amount.');
  end if;
  insert into card_orders (id, host_id, merchant_id, catalogue_item_id, currency, face_minor, card_count, activate, workflow_id, rate_version)
  values ((p ->> 'orderId')::uuid, (p ->> 'hostId')::uuid, i.merchant_id, i.id, i.currency, v_face, (p ->> 'count')::int,
    (p ->> 'activate')::boolean, p ->> 'workflowId', (select r.version from merchant_rates r
      where r.merchant_id = i.merchant_id and r.effective_at <= now() order by r.effective_at desc, r.version desc limit 1))
  on conflict (id) do nothing returning * into o;
  if o.id is null then select * into o from card_orders where id = (p ->> 'orderId')::uuid; return order_answer(o); end if;
  perform append_order_event(o, 'giftcard.order.placed', p);
  return order_answer(o);
end $$;

-- The escrow of all cards as pending, in two transfers, once the wallet is held and its fee is known.
create or replace function reserve_card_order(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders := lock_order((p ->> 'orderId')::uuid);
  v_gross bigint := o.face_minor * o.card_count;
  v_fee bigint := (p ->> 'fundingFeeMinor')::bigint;
  r escrow_reservations;
begin
  insert into escrow_reservations (id, host_id, currency, gross_minor, fee_minor, state)
  values (o.id, o.host_id, o.currency, v_gross, v_fee, 'RESERVING') on conflict (id) do nothing;
  if found then
    perform book_reservation(o.id, v_gross - v_fee, v_fee, o.currency);
  else
    select * into r from escrow_reservations where id = o.id;
    if r.state = 'VOIDED' then perform refuse('escrow_reservation_voided', 'This reservation was undone.'); end if;
    if r.fee_minor <> v_fee then perform refuse('escrow_reservation_conflict', 'This reservation stands with other inputs.'); end if;
  end if;
  return order_answer(o);
end $$;

-- Ids of an order's cards sort as they are counted, so that the fee's left-over units go to the first of them: the
-- largest remainder, ties by card id.
create or replace function order_card_id(p_order_id uuid, p_index int) returns uuid language sql immutable as $$
  select (left(replace(ledger_uuid('card-order', p_order_id::text)::text, '-', ''), 24) || lpad(to_hex(p_index), 8, '0'))::uuid
$$;

-- The cards from `from` on, at most `batch`. @returns where the next batch begins; null when there is none.
create or replace function insert_order_cards(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders := lock_order((p ->> 'orderId')::uuid);
  v_from int := (p ->> 'from')::int;
  v_to int := least(o.card_count, (p ->> 'from')::int + (p ->> 'batch')::int);
  -- Shared: an undo waits, or is seen. Posted already, when the order was begun by a workflow that was lost.
  v_fee bigint := (select fee_minor from escrow_reservations where id = o.id and state <> 'VOIDED' for share);
begin
  if v_fee is null then perform refuse('escrow_reservation_voided', 'This reservation was undone.'); end if;
  insert into gift_cards (id, reservation_id, host_id, merchant_id, catalogue_item_id, currency, face_minor, funding_fee_minor,
                          rate_version, rate_ppm, rate_min_minor, rate_max_minor)
  select order_card_id(o.id, n), o.id, o.host_id, o.merchant_id, o.catalogue_item_id, o.currency, o.face_minor,
    v_fee / o.card_count + (n < v_fee % o.card_count)::int, r.version, r.rate_ppm, r.min_minor, r.max_minor
  from generate_series(v_from, v_to - 1) n
  join merchant_rates r on r.merchant_id = o.merchant_id and r.version = o.rate_version
  on conflict (id) do nothing;
  -- The first card carries the most.
  if (select (shares_up_to(c, c.face_minor)).merchant <= 0 from gift_cards c where c.id = order_card_id(o.id, v_from)) then
    perform refuse('settlement_leaves_nothing', 'Fees would leave the merchant nothing.', jsonb_build_object('orderId', o.id));
  end if;
  return jsonb_build_object('next', case when v_to < o.card_count then v_to end);
end $$;

-- After the pivot: the next cards of the order are opened. @returns how many are left.
create or replace function open_order_cards(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders;
  v_left int := (post_escrow(jsonb_build_object('reservationId', p -> 'orderId') || p) ->> 'cardsLeft')::int;
begin
  o := lock_order((p ->> 'orderId')::uuid);
  update card_orders set state = 'ISSUING', issued_count = card_count - v_left, updated_at = now()
  where id = o.id and state in ('RESERVING', 'ISSUING');
  return jsonb_build_object('left', v_left);
end $$;

-- Codes for the next cards of an order: their validity begins. @param codes one for each card that was asked for.
create or replace function activate_order_cards(p jsonb) returns jsonb language plpgsql set enable_seqscan = off
set enable_hashjoin = off set enable_mergejoin = off as $$
begin
  with codes as (
    select x.id, x.hash, x.sealed from jsonb_to_recordset(p -> 'codes') as x(id uuid, hash text, sealed text)
  ), activated as (
    update gift_cards c set assigned_at = now(), code_hash = decode(x.hash, 'hex'), code_sealed = decode(x.sealed, 'hex'), updated_at = now(),
      expires_at = least(now() + make_interval(days => i.validity_days), i.valid_until),
      next_deadline = least(now() + make_interval(days => i.validity_days), i.valid_until)
    from codes x, catalogue_items i
    -- As text, so that the cards are looked up one by one and not all of the order for each.
    where c.id = x.id and i.id = c.catalogue_item_id and c.state = 'ISSUED' and c.assigned_at is null and c.reservation_id::text = p ->> 'orderId'
    returning c.id, c.expires_at
  )
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  select 'gift_card', a.id, 1, 'giftcard.card.activated', jsonb_build_object('expiresAt', a.expires_at), p ->> 'actor', p ->> 'requestId', ''
  from activated a;
  return '{}';
end $$;

create or replace function complete_card_order(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders := lock_order((p ->> 'orderId')::uuid);
begin
  if o.state <> 'ISSUED' then
    update card_orders set state = 'ISSUED', issued_count = card_count, updated_at = now() where id = o.id returning * into o;
    perform append_order_event(o, 'giftcard.order.issued', p);
  end if;
  return order_answer(o);
end $$;

create or replace function fail_card_order(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders := lock_order((p ->> 'orderId')::uuid);
begin
  if o.state <> 'FAILED' then
    update card_orders set state = 'FAILED', failure_code = p ->> 'failureCode', updated_at = now() where id = o.id returning * into o;
    perform append_order_event(o, 'giftcard.order.failed', p);
  end if;
  return order_answer(o);
end $$;

create or replace function append_order_event(o card_orders, p_type text, p jsonb) returns void language sql as $$
  select append_event('card_order', o.id, p_type, jsonb_build_object('hostId', o.host_id, 'merchantId', o.merchant_id,
    'currency', o.currency, 'faceMinor', o.face_minor::text, 'count', o.card_count, 'state', o.state, 'reason', o.failure_code), p)
$$;
