-- The card becomes somebody's, and its validity starts. Repeated for the same award it returns the first result. With
-- `formerAwardId` an unspent card moves from that award to this one: it gets a new code, which the former winner has not
-- seen, and its validity starts anew.
create or replace function assign_gift_card(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c gift_cards;
  v_expires timestamptz;
begin
  select * into c from gift_cards where id = (p ->> 'cardId')::uuid for no key update;
  if not found then perform refuse('card_not_found', 'There is no such card.', jsonb_build_object('cardId', p ->> 'cardId')); end if;
  if c.award_id is distinct from (p ->> 'awardId')::uuid or c.assigned_at is null then
    if c.assigned_at is not null and (p ->> 'formerAwardId' is null or c.award_id is distinct from (p ->> 'formerAwardId')::uuid
        or c.held_minor > 0) or c.state <> 'ISSUED' or c.remaining_minor < c.face_minor then
      perform refuse('card_not_assignable', 'The card cannot be assigned any more.', jsonb_build_object('cardId', c.id));
    end if;
    if c.frozen_at is not null or host_is_frozen(c.host_id, c.currency) then
      perform refuse('card_frozen', 'The card is frozen.', jsonb_build_object('cardId', c.id));
    end if;
    select least(now() + make_interval(days => i.validity_days), i.valid_until) into v_expires
    from catalogue_items i where i.id = c.catalogue_item_id;
    if v_expires <= now() then
      perform refuse('catalogue_item_expired', 'Cards of this item have expired already.', jsonb_build_object('cardId', c.id));
    end if;
    update gift_cards set award_id = (p ->> 'awardId')::uuid, assignee_id = (p ->> 'assigneeId')::uuid, assigned_at = now(),
      expires_at = v_expires, next_deadline = v_expires, code_hash = decode(p ->> 'codeHash', 'hex'),
      code_sealed = decode(p ->> 'codeSealed', 'hex'), updated_at = now()
    where id = c.id returning * into c;
    perform append_event('gift_card', c.id, 'giftcard.card.assigned', jsonb_build_object(
      'awardId', c.award_id, 'formerAwardId', p ->> 'formerAwardId', 'assigneeId', c.assignee_id, 'expiresAt', c.expires_at), p);
  end if;
  return jsonb_build_object('cardId', c.id, 'expiresAt', c.expires_at);
end $$;
