-- Authorises and confirms in one transaction: the shares leave the escrow, and the value is the merchant's. Repeated
-- with the same id it returns the first result. `settle` says who pays it out: 'instant' a settlement of its own, whose
-- first intent is written here; 'later' the merchant's next batch.
create or replace function redeem_gift_card(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'redemptionId')::uuid;
  c gift_cards;
  a card_authorisations;
  r redemptions;
  t record;
  n record;
  v_amount bigint;
begin
  select * into c from gift_cards where id = (p ->> 'cardId')::uuid for no key update;
  if not found then perform refuse('card_not_found', 'There is no such card.', jsonb_build_object('cardId', p ->> 'cardId')); end if;
  select * into r from redemptions where id = v_id;
  if found then
    if (r.card_id, r.merchant_id) is distinct from (c.id, (p ->> 'merchantId')::uuid) then
      perform refuse('idempotency_key_reused', 'This id belongs to another redemption.', jsonb_build_object('redemptionId', v_id));
    end if;
    select * into n from next_of_redemption(r, p);
    perform ledger_book(n.lines);
    return redemption_answer(r) || jsonb_build_object('step', n.step);
  end if;

  if (p ->> 'expiresAt')::timestamptz <= clock_timestamp() then
    perform refuse('request_expired', 'Nobody waits for this request any more.', jsonb_build_object('cardId', c.id));
  end if;
  if p ->> 'authorisationId' is not null then
    a := confirmable_authorisation(c, p);
    v_amount := coalesce((p ->> 'amountMinor')::bigint, a.amount_minor);
    if v_amount > a.amount_minor then
      perform refuse('card_over_redemption', 'More than was authorised.', jsonb_build_object('cardId', c.id, 'authorisedMinor', a.amount_minor::text));
    end if;
  else
    v_amount := redeemable_amount(c, p);
  end if;
  if v_amount <= 0 then perform refuse('amount_not_positive', 'An amount is more than zero.'); end if;

  select after.fee - before.fee as fee, after.service - before.service as service, after.merchant - before.merchant as merchant into t
  from shares_up_to(c, c.redeemed_minor - c.refunded_minor) before, shares_up_to(c, c.redeemed_minor - c.refunded_minor + v_amount) after;
  perform spend_escrows(c, v_id, v_amount, a.id is not null);
  if a.id is not null then
    update card_authorisations set state = 'CONFIRMED', redemption_id = v_id, updated_at = now() where id = a.id;
  end if;
  update gift_cards set remaining_minor = remaining_minor - v_amount, held_minor = held_minor - coalesce(a.amount_minor, 0),
    redeemed_minor = redeemed_minor + v_amount, updated_at = now()
  where id = c.id;
  insert into redemptions (id, card_id, merchant_id, currency, amount_minor, remaining_minor, redeemed_before_minor, fee_minor,
                           service_minor, merchant_minor, authorisation_id, actor)
  values (v_id, c.id, c.merchant_id, c.currency, v_amount, c.remaining_minor - v_amount, c.redeemed_minor - c.refunded_minor,
          t.fee, t.service, t.merchant, a.id, p ->> 'actor')
  returning * into r;
  perform append_event('redemption', v_id, 'giftcard.redemption.confirmed', jsonb_build_object('cardId', c.id,
    'merchantId', c.merchant_id, 'currency', c.currency, 'amountMinor', v_amount::text, 'authorisationId', a.id,
    'authorisedMinor', a.amount_minor::text), p);
  perform line_up_redemption(r, p);
  select * into n from next_of_redemption(r, p);
  perform ledger_book(redemption_transfers(r, a) || n.lines);
  return redemption_answer(r) || jsonb_build_object('step', n.step);
end $$;

-- What may be redeemed now: the amount asked for, or all that is left.
create or replace function redeemable_amount(c gift_cards, p jsonb) returns bigint language plpgsql as $$
declare
  v_details jsonb := jsonb_build_object('cardId', c.id);
  v_valid bigint;
  v_amount bigint;
begin
  if c.merchant_id <> (p ->> 'merchantId')::uuid then
    perform refuse('card_wrong_merchant', 'The card belongs to another merchant.', v_details);
  end if;
  if c.state <> 'ISSUED' or c.assigned_at is null then perform refuse('card_not_redeemable', 'The card is not in use.', v_details); end if;
  if c.frozen_at is not null then perform refuse('card_frozen', 'The card is frozen.', v_details); end if;
  if c.remaining_minor = 0 then
    if c.redeemed_minor > c.refunded_minor then perform refuse('card_already_redeemed', 'The card has been redeemed.', v_details); end if;
    perform refuse('card_not_redeemable', 'There is nothing left on the card.', v_details);
  end if;
  if p ->> 'currency' <> c.currency then perform refuse('currency_mismatch', format('The card is in %s.', c.currency), v_details); end if;
  select coalesce(sum(e.amount_minor), 0) - c.held_minor into v_valid from card_escrows e
  where e.card_id = c.id and e.state = 'RESERVED' and coalesce(e.deadline, c.expires_at) > clock_timestamp();
  if v_valid + c.held_minor = 0 then perform refuse('card_expired', 'The card has expired.', v_details); end if;
  v_amount := coalesce((p ->> 'amountMinor')::bigint, v_valid);
  if v_amount > v_valid then
    perform refuse('card_over_redemption', 'The card holds less than that.', v_details || jsonb_build_object('remainingMinor', v_valid::text));
  end if;
  return v_amount;
end $$;

-- An open authorisation of this merchant on this card, within its time.
create or replace function confirmable_authorisation(c gift_cards, p jsonb) returns card_authorisations language plpgsql as $$
declare
  a card_authorisations;
  v_details jsonb := jsonb_build_object('authorisationId', p ->> 'authorisationId');
begin
  select * into a from card_authorisations where id = (p ->> 'authorisationId')::uuid for no key update;
  if not found or a.card_id <> c.id or a.merchant_id <> (p ->> 'merchantId')::uuid or a.expires_at is null and p ->> 'vendId' is null then
    perform refuse('authorisation_not_found', 'There is no such authorisation.', v_details);
  end if;
  if a.state = 'OPEN' and a.expires_at <= clock_timestamp() or a.state = 'EXPIRED' then
    perform refuse('authorisation_expired', 'The authorisation has expired.', v_details);
  end if;
  if a.state = 'VOIDED' then perform refuse('authorisation_voided', 'The authorisation was given back.', v_details); end if;
  if a.state = 'CONFIRMED' then perform refuse('authorisation_confirmed', 'The authorisation was confirmed before.', v_details); end if;
  return a;
end $$;

-- Takes an amount out of the card's escrows, those that end first first. What is left of the last one stays reserved.
create or replace function spend_escrows(c gift_cards, p_redemption_id uuid, p_amount_minor bigint, p_was_authorised boolean)
returns void language plpgsql as $$
declare
  v_left bigint := p_amount_minor;
  e card_escrows;
begin
  for e in
    select * from card_escrows where card_id = c.id and state = 'RESERVED'
      -- What was authorised before the expiry may be confirmed after it: its release waits.
      and (p_was_authorised or coalesce(deadline, c.expires_at) > clock_timestamp())
    order by coalesce(deadline, c.expires_at), id for no key update
  loop
    exit when v_left = 0;
    if e.amount_minor <= v_left then
      update card_escrows set state = 'SETTLING', redemption_id = p_redemption_id, updated_at = now() where id = e.id;
      v_left := v_left - e.amount_minor;
    else
      update card_escrows set amount_minor = amount_minor - v_left, updated_at = now() where id = e.id;
      insert into card_escrows (id, card_id, parent_id, origin, amount_minor, state, deadline, redemption_id)
      values (ledger_uuid('card-escrow', e.id::text, p_redemption_id::text), c.id, e.id, 'split', v_left, 'SETTLING', e.deadline, p_redemption_id);
      v_left := 0;
    end if;
  end loop;
  if v_left > 0 then raise exception 'the escrows of card % hold % less than its remaining amount', c.id, v_left; end if;
end $$;

-- The shares leave the escrow; a hold of an authorisation is voided, and what it held beyond the amount is free again.
create or replace function redemption_transfers(r redemptions, a card_authorisations) returns ledger_line[] language plpgsql as $$
declare
  v_escrow uuid := ledger_account('escrow', r.card_id::text, r.currency);
  v_lines ledger_line[];
begin
  v_lines := array[
    ledger_transfer('posted', ledger_uuid('transfer', 'redeem', r.id::text, 'merchant'), v_escrow,
      ledger_account('merchant:payable', r.merchant_id::text, r.currency), r.merchant_minor, r.currency, 'redeem.merchant', r.id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'redeem', r.id::text, 'service'), v_escrow,
      ledger_account('platform:fees', 'platform', r.currency), r.service_minor, r.currency, 'redeem.service', r.id::text),
    ledger_transfer('posted', ledger_uuid('transfer', 'redeem', r.id::text, 'fee'), v_escrow,
      ledger_account('fees:funding', r.card_id::text, r.currency), r.fee_minor, r.currency, 'redeem.fee', r.id::text)];
  if a.id is not null then
    v_lines := v_lines || ledger_resolve('void', ledger_uuid('transfer', 'authorise', a.id::text), 'authorise.confirm', a.id::text);
  end if;
  return v_lines;
end $$;

-- The redemption waits for its merchant's next batch, or is paid by a settlement of its own. Below the provider's
-- minimum it waits for a batch in any case.
create or replace function line_up_redemption(r redemptions, p jsonb) returns void language plpgsql as $$
declare
  v_instant boolean := p ->> 'settle' = 'instant' and (r.merchant_minor = 0 or r.merchant_minor >= (p ->> 'payoutMinimumMinor')::bigint);
  v_settlement uuid := case when v_instant then (p ->> 'settlementId')::uuid end;
begin
  insert into settlement_lines (id, kind, merchant_id, currency, gross_minor, fee_minor, service_minor, merchant_minor, settlement_id)
  values (r.id, 'redemption', r.merchant_id, r.currency, r.amount_minor, r.fee_minor, r.service_minor, r.merchant_minor, v_settlement);
  if not v_instant then return; end if;
  insert into settlements (id, kind, merchant_id, card_id, redemption_id, workflow_id, currency, gross_minor, fee_minor, service_minor, merchant_minor)
  values (v_settlement, 'instant', r.merchant_id, r.card_id, r.id, p ->> 'workflowId', r.currency, r.amount_minor, r.fee_minor, r.service_minor, r.merchant_minor);
  perform append_event('settlement', v_settlement, 'giftcard.settlement.started', jsonb_build_object('cardId', r.card_id,
    'merchantId', r.merchant_id, 'redemptionId', r.id, 'currency', r.currency, 'state', 'SETTLING', 'feeMinor', r.fee_minor::text,
    'serviceMinor', r.service_minor::text, 'merchantMinor', r.merchant_minor::text), p);
end $$;

-- What its own settlement does next, for whoever carries it through; nothing where a batch will pay.
create or replace function next_of_redemption(r redemptions, p jsonb, out step jsonb, out lines ledger_line[]) language plpgsql as $$
declare
  v_settlement uuid := (select s.id from settlements s where s.redemption_id = r.id);
begin
  lines := '{}';
  if v_settlement is null or p ->> 'settle' <> 'instant' then return; end if;
  select a.step, a.lines into step, lines from advance_settlement(v_settlement, p) a;
end $$;

create or replace function redemption_answer(r redemptions) returns jsonb language sql stable as $$
  select jsonb_build_object('redemptionId', r.id, 'settlementId', l.settlement_id, 'cardId', r.card_id, 'merchantId', r.merchant_id,
    'currency', r.currency, 'amountMinor', r.amount_minor::text, 'remainingMinor', r.remaining_minor::text,
    'state', case when l.settlement_id is null then 'LINED_UP' else s.state end)
  from settlement_lines l left join settlements s on s.id = l.settlement_id where l.id = r.id
$$;
