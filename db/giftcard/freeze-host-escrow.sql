-- The host's cards that nobody has been given stay where they are. Repeated under the same id it returns the first
-- result, also when it was lifted before it came.
create or replace function freeze_host_escrow(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  f host_escrow_freezes;
begin
  insert into host_escrow_freezes (id, host_id, currency, reason, card_count, amount_minor)
  select (p ->> 'freezeId')::uuid, (p ->> 'hostId')::uuid, p ->> 'currency', p ->> 'reason', count(c.id), coalesce(sum(c.remaining_minor), 0)
  from gift_cards c where c.host_id = (p ->> 'hostId')::uuid and c.currency = p ->> 'currency' and c.state = 'ISSUED'
    and c.assigned_at is null and c.remaining_minor > 0
  on conflict do nothing returning * into f;
  if f.id is not null then
    perform append_event('host_escrow', f.id, 'giftcard.host_escrow.frozen', jsonb_build_object('hostId', f.host_id, 'currency', f.currency,
      'cards', f.card_count, 'amountMinor', f.amount_minor::text, 'reason', f.reason), p);
  else
    select * into strict f from host_escrow_freezes where id = (p ->> 'freezeId')::uuid;
  end if;
  return jsonb_build_object('freezeId', f.id, 'cards', f.card_count, 'amountMinor', f.amount_minor::text);
end $$;

-- What never was frozen is marked as lifted, so that a late freeze under this id changes nothing.
create or replace function lift_host_freeze(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
begin
  insert into host_escrow_freezes (id, host_id, currency, reason, card_count, amount_minor, lifted_at)
  values ((p ->> 'freezeId')::uuid, (p ->> 'hostId')::uuid, p ->> 'currency', p ->> 'reason', 0, 0, now())
  on conflict (id) do update set lifted_at = now() where host_escrow_freezes.lifted_at is null;
  if found then
    perform append_event('host_escrow', (p ->> 'freezeId')::uuid, 'giftcard.host_escrow.unfrozen',
      jsonb_build_object('hostId', p ->> 'hostId', 'currency', p ->> 'currency'), p);
  end if;
  return '{}';
end $$;

create or replace function host_is_frozen(p_host uuid, p_currency text) returns boolean language sql stable as $$
  select (select f.id from host_escrow_freezes f where f.host_id = p_host and f.currency = p_currency and f.lifted_at is null limit 1) is not null
$$;
