-- A frozen card cannot be spent or assigned; what was authorised before may still be confirmed, and it still expires.
create or replace function freeze_gift_card(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c gift_cards := lock_issued_card((p ->> 'cardId')::uuid);
begin
  if c.frozen_at is null then
    update gift_cards set frozen_at = now(), frozen_reason = p ->> 'reason', updated_at = now() where id = c.id;
    perform append_event('gift_card', c.id, 'giftcard.card.frozen', jsonb_build_object('reason', p ->> 'reason'), p);
  end if;
  return '{}';
end $$;

create or replace function unfreeze_gift_card(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c gift_cards := lock_issued_card((p ->> 'cardId')::uuid);
begin
  if c.frozen_at is not null then
    update gift_cards set frozen_at = null, frozen_reason = null, updated_at = now() where id = c.id;
    perform append_event('gift_card', c.id, 'giftcard.card.unfrozen', jsonb_build_object('reason', p ->> 'reason'), p);
  end if;
  return '{}';
end $$;

create or replace function lock_issued_card(p_id uuid) returns gift_cards language plpgsql as $$
declare
  c gift_cards;
begin
  select * into c from gift_cards where id = p_id and state = 'ISSUED' for no key update;
  if not found then perform refuse('card_not_found', 'There is no such card.', jsonb_build_object('cardId', p_id)); end if;
  return c;
end $$;

-- A code that somebody else may have seen is worth nothing from now on. Repeated under the same id it changes nothing.
create or replace function replace_card_code(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c gift_cards := lock_issued_card((p ->> 'cardId')::uuid);
  v_id uuid := (p ->> 'replacementId')::uuid;
begin
  if c.code_replacement_id = v_id then return '{}'; end if;
  if c.code_hash is null then
    perform refuse('card_not_redeemable', 'The card has no code yet.', jsonb_build_object('cardId', c.id));
  end if;
  update gift_cards set code_hash = decode(p ->> 'codeHash', 'hex'), code_sealed = decode(p ->> 'codeSealed', 'hex'),
    code_replacement_id = v_id, updated_at = now() where id = c.id;
  perform append_event('gift_card', c.id, 'giftcard.card.code_replaced', jsonb_build_object('replacementId', v_id), p);
  return '{}';
end $$;
