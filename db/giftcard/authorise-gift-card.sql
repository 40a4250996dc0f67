-- Holds an amount of a card for a merchant, for a short time: pending in the ledger until it is confirmed (redeemed),
-- voided, or has expired. Without a time (`ttlMs` null) it is held for a top-up, and ends with that. Repeated with the same id it returns what stands.
create or replace function authorise_gift_card(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c gift_cards;
  a card_authorisations;
  v_amount bigint;
begin
  select * into c from gift_cards where id = (p ->> 'cardId')::uuid for no key update;
  if not found then perform refuse('card_not_found', 'There is no such card.', jsonb_build_object('cardId', p ->> 'cardId')); end if;
  select * into a from card_authorisations where id = (p ->> 'authorisationId')::uuid;
  if found then
    if (a.card_id, a.merchant_id) is distinct from (c.id, (p ->> 'merchantId')::uuid) then
      perform refuse('idempotency_key_reused', 'This id belongs to another authorisation.', jsonb_build_object('authorisationId', a.id));
    end if;
    return authorisation_answer(a);
  end if;
  v_amount := redeemable_amount(c, p);
  if v_amount <= 0 then perform refuse('card_over_redemption', 'Nothing is free on the card.', jsonb_build_object('cardId', c.id)); end if;
  insert into card_authorisations (id, card_id, merchant_id, amount_minor, currency, expires_at)
  values ((p ->> 'authorisationId')::uuid, c.id, c.merchant_id, v_amount, c.currency,
          clock_timestamp() + make_interval(secs => (p ->> 'ttlMs')::bigint / 1000.0))
  returning * into a;
  update gift_cards set held_minor = held_minor + v_amount, updated_at = now() where id = c.id;
  perform append_authorisation_event(a, 'giftcard.card.authorised', p);
  perform ledger_book(array[ledger_transfer('pending', ledger_uuid('transfer', 'authorise', a.id::text),
    ledger_account('escrow', c.id::text, c.currency), ledger_account('merchant:payable', c.merchant_id::text, c.currency),
    v_amount, c.currency, 'authorise', a.id::text)]);
  return authorisation_answer(a);
end $$;

-- The merchant gives the hold back.
create or replace function void_authorisation(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  a card_authorisations;
  v_details jsonb := jsonb_build_object('authorisationId', p ->> 'authorisationId');
begin
  select * into a from card_authorisations where id = (p ->> 'authorisationId')::uuid;
  -- What is held for a top-up is no merchant's to end.
  if not found or a.merchant_id <> (p ->> 'merchantId')::uuid or a.expires_at is null and p ->> 'vendId' is null then
    perform refuse('authorisation_not_found', 'There is no such authorisation.', v_details);
  end if;
  -- The card first, as in every command that touches both.
  perform 1 from gift_cards where id = a.card_id for no key update;
  select * into a from card_authorisations where id = a.id for no key update;
  if a.state = 'CONFIRMED' then perform refuse('authorisation_confirmed', 'The authorisation was confirmed: only a refund brings its value back.', v_details); end if;
  if a.state = 'EXPIRED' then perform refuse('authorisation_expired', 'The authorisation has expired: nothing is held any more.', v_details); end if;
  if a.state = 'OPEN' then
    a := end_authorisation(a, 'VOIDED', p);
    perform ledger_book(array[ledger_resolve('void', ledger_uuid('transfer', 'authorise', a.id::text), 'authorise.void', a.id::text)]);
  end if;
  return authorisation_answer(a);
end $$;

-- Ends what nobody confirmed in its time, the oldest first. @returns how many, and whether there may be more.
create or replace function expire_authorisations(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v record;
  a card_authorisations;
  v_lines ledger_line[] := '{}';
  v_limit int := (p ->> 'limit')::int;
  v_seen int := 0;
  v_now timestamptz := clock_timestamp();
begin
  for v in
    select due.id, due.card_id from (
      select id, card_id from card_authorisations where state = 'OPEN' and expires_at <= v_now order by expires_at, id limit v_limit
    ) due order by due.card_id, due.id
  loop
    v_seen := v_seen + 1;
    -- A card that somebody is busy with is left for the next time.
    perform 1 from gift_cards where id = v.card_id for no key update skip locked;
    continue when not found;
    select * into a from card_authorisations where id = v.id and state = 'OPEN' for no key update;
    continue when not found;
    a := end_authorisation(a, 'EXPIRED', p);
    v_lines := v_lines || ledger_resolve('void', ledger_uuid('transfer', 'authorise', a.id::text), 'authorise.expire', a.id::text);
  end loop;
  perform ledger_book(v_lines);
  return jsonb_build_object('expired', cardinality(v_lines), 'more', v_seen = v_limit and cardinality(v_lines) > 0);
end $$;

create or replace function end_authorisation(a card_authorisations, p_state text, p jsonb) returns card_authorisations language plpgsql as $$
begin
  update card_authorisations set state = p_state, updated_at = now() where id = a.id returning * into a;
  update gift_cards set held_minor = held_minor - a.amount_minor, updated_at = now() where id = a.card_id;
  perform append_authorisation_event(a, 'giftcard.card.authorisation_' || lower(p_state), p);
  return a;
end $$;

create or replace function append_authorisation_event(a card_authorisations, p_type text, p jsonb) returns void language sql as $$
  select append_event('gift_card', a.card_id, p_type, jsonb_build_object('authorisationId', a.id, 'merchantId', a.merchant_id,
    'currency', a.currency, 'amountMinor', a.amount_minor::text, 'expiresAt', a.expires_at), p)
$$;

create or replace function authorisation_answer(a card_authorisations) returns jsonb language sql immutable as $$
  select jsonb_build_object('authorisationId', a.id, 'cardId', a.card_id, 'merchantId', a.merchant_id, 'currency', a.currency,
    'amountMinor', a.amount_minor::text, 'state', a.state, 'expiresAt', a.expires_at, 'redemptionId', a.redemption_id)
$$;
