-- A card of a merchant of airtime is redeemed by topping up a phone. The hold on the card, the vend and its first intent
-- are written together, before anybody is called: the vend's id is that of the hold and of the redemption. What the
-- provider says ends the hold: delivered, it becomes the redemption; definitely refused, the card is whole again.
-- Every command locks the card, the vend, its intent, and the accounts last.
create or replace function begin_airtime_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'vendId')::uuid;
  c gift_cards;
  v airtime_vends;
  v_amount bigint;
begin
  select * into c from gift_cards where id = (p ->> 'cardId')::uuid for no key update;
  if not found then perform refuse('card_not_found', 'There is no such card.', jsonb_build_object('cardId', p ->> 'cardId')); end if;
  select * into v from airtime_vends where id = v_id;
  if found then
    if (v.card_id, v.user_id) is distinct from (c.id, (p ->> 'userId')::uuid) then
      perform refuse('idempotency_key_reused', 'This id belongs to another top-up.', jsonb_build_object('vendId', v_id));
    end if;
    return airtime_vend_answer(v);
  end if;
  v_amount := vendable_amount(c, p);
  insert into airtime_vends (id, card_id, merchant_id, user_id, currency, amount_minor, operator, phone_sealed)
  values (v_id, c.id, c.merchant_id, (p ->> 'userId')::uuid, c.currency, v_amount, p ->> 'operator', decode(p ->> 'phoneSealed', 'hex'))
  returning * into v;
  perform open_airtime_intent(v);
  perform append_vend_event(v, 'giftcard.vend.submitted', p);
  -- Held for as long as it takes to know what became of it.
  perform authorise_gift_card(p || jsonb_build_object('authorisationId', v_id, 'merchantId', c.merchant_id, 'amountMinor', v_amount::text,
    'currency', null, 'ttlMs', null));
  return airtime_vend_answer(v);
end $$;

-- What may be sent now: the amount asked for, or all that is left, where the card's item has it on offer for this operator.
create or replace function vendable_amount(c gift_cards, p jsonb) returns bigint language plpgsql as $$
declare
  i catalogue_items;
  v_amount bigint;
  v_details jsonb := jsonb_build_object('cardId', c.id);
begin
  if c.assignee_id is distinct from (p ->> 'userId')::uuid then perform refuse('card_not_yours', 'The card is not yours.', v_details); end if;
  if (select m.kind from merchants m where m.id = c.merchant_id) is distinct from 'airtime' then
    perform refuse('card_not_airtime', 'This card is not for airtime.', v_details);
  end if;
  select * into i from catalogue_items where id = c.catalogue_item_id;
  if not p ->> 'operator' = any (i.operators) then
    perform refuse('airtime_operator_not_served', 'This card is not good for a phone of this operator.',
      v_details || jsonb_build_object('operator', p ->> 'operator', 'operators', to_jsonb(i.operators)));
  end if;
  v_amount := redeemable_amount(c, p || jsonb_build_object('merchantId', c.merchant_id));
  if v_amount <= 0 then perform refuse('card_over_redemption', 'Nothing is free on the card.', v_details); end if;
  if not coalesce(v_amount = any (i.amounts_minor), v_amount between i.min_minor and i.max_minor) then
    perform refuse('catalogue_amount_not_offered', 'A phone cannot be topped up by this amount.', v_details || jsonb_build_object(
      'amountMinor', v_amount::text, 'minMinor', i.min_minor::text, 'maxMinor', i.max_minor::text, 'amountsMinor', to_jsonb(i.amounts_minor::text[])));
  end if;
  return v_amount;
end $$;

create or replace function open_airtime_intent(v airtime_vends) returns void language sql as $$
  insert into airtime_intents (id, vend_id, number)
  select ledger_uuid('airtime-intent', v.id::text, n.number::text), v.id, n.number
  from (select coalesce(max(i.number), 0) + 1 as number from airtime_intents i where i.vend_id = v.id) n
$$;

create or replace function lock_airtime_vend(p_id uuid) returns airtime_vends language plpgsql as $$
declare
  v airtime_vends;
begin
  select * into v from airtime_vends where id = p_id;
  if not found then perform refuse('airtime_vend_not_found', 'There is no such top-up.', jsonb_build_object('vendId', p_id)); end if;
  perform 1 from gift_cards where id = v.card_id for no key update;
  select * into v from airtime_vends where id = p_id for no key update;
  return v;
end $$;

-- The intent that the provider has answered; null where it has ended before, by the same answer.
create or replace function lock_live_intent(v airtime_vends, p jsonb) returns airtime_intents language plpgsql as $$
declare
  i airtime_intents;
begin
  select * into strict i from airtime_intents where id = (p ->> 'intentId')::uuid and vend_id = v.id for no key update;
  if i.state not in ('SENT', 'UNKNOWN') then return null; end if;
  return i;
end $$;

-- What is so now, and what the provider is to be asked about. Changes nothing.
create or replace function airtime_vend_step(p jsonb) returns jsonb language plpgsql stable as $$
declare
  v airtime_vends;
begin
  select * into v from airtime_vends where id = (p ->> 'vendId')::uuid;
  if not found then perform refuse('airtime_vend_not_found', 'There is no such top-up.', jsonb_build_object('vendId', p ->> 'vendId')); end if;
  return airtime_vend_answer(v);
end $$;

-- Nobody knows yet what became of it: it is asked about, and nothing else happens to it meanwhile.
create or replace function mark_vend_unknown(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  update airtime_intents set state = 'UNKNOWN', updated_at = clock_timestamp() where vend_id = v.id and state = 'SENT';
  if v.state = 'SUBMITTED' then v := move_vend(v, 'UNKNOWN', p ->> 'reason', p); end if;
  return airtime_vend_answer(v);
end $$;

-- The airtime has arrived: what was held is redeemed.
create or replace function deliver_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if v.state in ('DELIVERED', 'REVERSED') then return airtime_vend_answer(v); end if;
  if (lock_live_intent(v, p)).id is null then raise exception 'vend % is % and cannot be delivered', v.id, v.state; end if;
  update airtime_intents set state = 'DELIVERED', provider_id = p ->> 'providerId', updated_at = clock_timestamp()
  where id = (p ->> 'intentId')::uuid;
  v := move_vend(v, 'DELIVERED', null, p);
  perform redeem_gift_card(p || jsonb_build_object('redemptionId', v.id, 'authorisationId', v.id, 'vendId', v.id, 'cardId', v.card_id,
    'merchantId', v.merchant_id, 'amountMinor', v.amount_minor::text, 'settle', 'later'));
  return airtime_vend_answer(v);
end $$;

-- Definitely not delivered, and it will not be: the card is whole again, and its holder may try anew.
create or replace function fail_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if v.state = 'FAILED_DEFINITE' then return airtime_vend_answer(v); end if;
  if (lock_live_intent(v, p)).id is null then raise exception 'vend % is % and cannot fail', v.id, v.state; end if;
  update airtime_intents set state = 'FAILED_DEFINITE', failure_code = p ->> 'failureCode', updated_at = clock_timestamp()
  where id = (p ->> 'intentId')::uuid;
  update airtime_vends set phone_sealed = null where id = v.id;
  v := move_vend(v, 'FAILED_DEFINITE', p ->> 'failureCode', p);
  perform void_authorisation(p || jsonb_build_object('authorisationId', v.id, 'vendId', v.id, 'merchantId', v.merchant_id));
  return airtime_vend_answer(v);
end $$;

-- The provider lacks the money to send it: definite for this intent, and no fault of the phone or the card.
create or replace function pause_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if (lock_live_intent(v, p)).id is not null then
    update airtime_intents set state = 'FAILED_DEFINITE', failure_code = 'low_float', updated_at = clock_timestamp()
    where id = (p ->> 'intentId')::uuid;
    v := move_vend(v, 'WAITING_FOR_FLOAT', 'low_float', p);
  end if;
  return airtime_vend_answer(v);
end $$;

-- The next intent after a pause.
create or replace function resume_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if v.state = 'WAITING_FOR_FLOAT' then
    perform open_airtime_intent(v);
    v := move_vend(v, 'SUBMITTED', null, p);
  end if;
  return airtime_vend_answer(v);
end $$;

-- Nobody could say for so long what became of it: a person has to look. The hold and the intent stay as they are.
create or replace function park_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if v.state in ('SUBMITTED', 'UNKNOWN') then
    update airtime_intents set state = 'UNKNOWN', updated_at = clock_timestamp() where vend_id = v.id and state = 'SENT';
    v := move_vend(v, 'NEEDS_ATTENTION', p ->> 'reason', p);
  end if;
  return airtime_vend_answer(v);
end $$;

-- The provider is asked again, as somebody has decided on this case.
create or replace function retry_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
begin
  if v.state = 'UNKNOWN' and v.case_number = (p ->> 'caseNumber')::int then return airtime_vend_answer(v); end if;
  perform require_vend_case(v, p);
  return airtime_vend_answer(move_vend(v, 'UNKNOWN', null, p));
end $$;

-- Nobody will ever know, and two people have decided for what it is taken.
create or replace function settle_vend_case(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v airtime_vends := lock_airtime_vend((p ->> 'vendId')::uuid);
  v_kind text := p ->> 'kind';
  v_decided jsonb := p || (select jsonb_build_object('intentId', i.id) from airtime_intents i where i.vend_id = v.id and i.state in ('SENT', 'UNKNOWN'));
begin
  if v.state in ('DELIVERED', 'FAILED_DEFINITE', 'REVERSED') and v.case_number = (p ->> 'caseNumber')::int then return airtime_vend_answer(v); end if;
  perform require_vend_case(v, p);
  if (select d.approved_by from decisions d where d.subject_type = 'airtime_vend' and d.subject_id = v.id and d.case_number = v.case_number
      and d.kind = v_kind) is null then
    perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('vendId', v.id));
  end if;
  if v_kind = 'take_as_delivered' then return deliver_vend(v_decided); end if;
  return fail_vend(v_decided || '{"failureCode": "taken_as_failed"}');
end $$;

create or replace function require_vend_case(v airtime_vends, p jsonb) returns void language plpgsql as $$
begin
  if v.state <> 'NEEDS_ATTENTION' then
    perform refuse('case_not_open', format('The top-up is %s.', v.state), jsonb_build_object('vendId', v.id));
  elsif v.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('vendId', v.id, 'caseNumber', v.case_number));
  end if;
end $$;

-- The airtime was taken back after all: the redemption is refunded onto the card, as far as nobody has done so before.
create or replace function reverse_vend(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_vend uuid := (select i.vend_id from airtime_intents i where i.id = (p ->> 'intentId')::uuid);
  v airtime_vends := lock_airtime_vend(v_vend);
  v_refund uuid := ledger_uuid('airtime-refund', v_vend::text);
  v_left bigint;
begin
  if v.state = 'DELIVERED' then
    update airtime_intents set state = 'REVERSED', updated_at = clock_timestamp() where id = (p ->> 'intentId')::uuid and state = 'DELIVERED';
    if not found then raise exception 'vend % was not delivered by intent %', v.id, p ->> 'intentId'; end if;
    select r.amount_minor - r.refunded_minor - coalesce((select sum(x.amount_minor) from refunds x
      where x.redemption_id = r.id and x.state <> 'COMPLETED'), 0) into v_left from redemptions r where r.id = v.id;
    update airtime_vends set refund_id = case when v_left > 0 then v_refund end, phone_sealed = null, state = 'REVERSED',
      updated_at = clock_timestamp() where id = v.id returning * into v;
    perform append_vend_event(v, 'giftcard.vend.reversed', p);
    if v_left > 0 then
      perform request_refund(p || jsonb_build_object('refundId', v_refund, 'redemptionId', v.id, 'amountMinor', v_left::text, 'reason', 'airtime_reversed'));
    end if;
  end if;
  return airtime_vend_answer(v);
end $$;

create or replace function move_vend(v airtime_vends, p_state text, p_failure_code text, p jsonb) returns airtime_vends language plpgsql as $$
begin
  update airtime_vends set state = p_state, failure_code = p_failure_code, updated_at = clock_timestamp(),
    case_number = case_number + (p_state = 'NEEDS_ATTENTION')::int
  where id = v.id returning * into v;
  perform append_vend_event(v, 'giftcard.vend.' || lower(p_state), p);
  return v;
end $$;

-- Never the number.
create or replace function append_vend_event(v airtime_vends, p_type text, p jsonb) returns void language sql as $$
  select append_event('airtime_vend', v.id, p_type, jsonb_build_object('cardId', v.card_id, 'merchantId', v.merchant_id, 'userId', v.user_id,
    'currency', v.currency, 'amountMinor', v.amount_minor::text, 'operator', v.operator, 'state', v.state, 'reason', v.failure_code,
    'caseNumber', v.case_number, 'refundId', v.refund_id, 'decisionReason', p ->> 'decisionReason'), p)
$$;

create or replace function airtime_vend_answer(v airtime_vends) returns jsonb language sql stable as $$
  select jsonb_build_object('vendId', v.id, 'cardId', v.card_id, 'merchantId', v.merchant_id, 'currency', v.currency,
    'amountMinor', v.amount_minor::text, 'operator', v.operator, 'state', v.state, 'caseNumber', v.case_number,
    'failureCode', v.failure_code, 'refundId', v.refund_id, 'createdAt', v.created_at, 'updatedAt', v.updated_at,
    'intent', (select jsonb_build_object('intentId', i.id, 'number', i.number, 'firstSentAt', i.first_sent_at) from airtime_intents i
      where i.vend_id = v.id and i.state in ('SENT', 'UNKNOWN')))
$$;

-- Numbers of phones that were topped up so long ago. @returns how many; at most the limit.
create or replace function erase_phones(p jsonb) returns jsonb language sql as $$
  with gone as (
    select id from airtime_vends where phone_sealed is not null and state = 'DELIVERED'
      and updated_at < now() - (p ->> 'keptMs')::bigint * interval '1 millisecond'
    order by updated_at, id limit (p ->> 'limit')::int for no key update skip locked),
  erased as (update airtime_vends v set phone_sealed = null from gone g where v.id = g.id returning v.id)
  select jsonb_build_object('erased', count(*)) from erased
$$;
