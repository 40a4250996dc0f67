-- A prize that is sent is claimed with the address that it goes to, in one transaction. Locks: the award. Repeated, the
-- first claim and its address stand.
create or replace function claim_physical_award(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
begin
  a := lock_own_award(p);
  if (select u.kind from giveaway_prizes u where u.id = a.prize_id) <> 'physical' then
    perform refuse('award_address_not_needed', 'This prize is not sent by post.', jsonb_build_object('awardId', a.id));
  end if;
  if a.state not in ('CLAIMED', 'VERIFIED', 'FULFILLING', 'FULFILLED') then
    perform require_claimable(a);
    insert into giveaway_deliveries (award_id, giveaway_id, address_sealed) values (a.id, a.giveaway_id, decode(p ->> 'addressSealed', 'hex'));
    a := accept_claim(a, null, p);
  end if;
  return award_answer(a);
end $$;

-- Until it is on its way; and again when it has come back.
create or replace function change_award_address(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards := lock_own_award(p);
  d giveaway_deliveries := lock_delivery(a);
begin
  if a.state not in ('CLAIMED', 'VERIFIED', 'FULFILLING') or d.state not in ('ADDRESSED', 'UNDELIVERABLE') then
    perform refuse('delivery_not_changeable', format('The prize is %s.', lower(d.state)), jsonb_build_object('awardId', a.id, 'state', d.state));
  end if;
  update giveaway_deliveries set address_sealed = decode(p ->> 'addressSealed', 'hex'), updated_at = clock_timestamp() where award_id = a.id;
  perform append_event('award', a.id, 'giveaway.award.address_changed', award_facts(a), p);
  return award_answer(a);
end $$;

create or replace function lock_delivery(a giveaway_awards) returns giveaway_deliveries language plpgsql as $$
declare
  d giveaway_deliveries;
begin
  select * into d from giveaway_deliveries where award_id = a.id for no key update;
  if d.award_id is null then
    perform refuse('delivery_not_found', 'Nobody has said where this prize is to be sent to.', jsonb_build_object('awardId', a.id));
  end if;
  return d;
end $$;

create or replace function lock_award_of(p jsonb) returns giveaway_awards language plpgsql as $$
declare
  a giveaway_awards;
begin
  select * into a from giveaway_awards where id = (p ->> 'awardId')::uuid and giveaway_id = (p ->> 'giveawayId')::uuid for no key update;
  if a.id is null then perform refuse('award_not_found', 'There is no such award.', jsonb_build_object('awardId', p ->> 'awardId')); end if;
  return a;
end $$;

-- VERIFIED → FULFILLING: the host says with whom it travels. Said again while it is on its way, it corrects that; after it
-- has come back, it is sent once more. The winner is told the first time. Locks: the award, its delivery.
create or replace function ship_prize(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards := lock_award_of(p);
  d giveaway_deliveries := lock_delivery(a);
begin
  if a.state not in ('VERIFIED', 'FULFILLING') then
    perform refuse('delivery_not_possible', format('The award is %s.', a.state), jsonb_build_object('awardId', a.id, 'state', a.state));
  end if;
  if (d.state, d.carrier, d.tracking_number) is not distinct from ('SHIPPED', p ->> 'carrier', p ->> 'trackingNumber') then
    return delivery_answer(d, a);
  end if;
  update giveaway_deliveries set state = 'SHIPPED', carrier = p ->> 'carrier', tracking_number = p ->> 'trackingNumber', problem = null,
    shipments = shipments + (state <> 'SHIPPED')::int,
    shipped_at = case when state = 'SHIPPED' then shipped_at else clock_timestamp() end, updated_at = clock_timestamp()
  where award_id = a.id returning * into d;
  if a.state = 'VERIFIED' then
    a := move_award(a, 'FULFILLING', p);
    insert into notifications (id, kind, user_id, giveaway_id, award_id)
    values (ledger_uuid('notification', 'prize_shipped', a.id::text), 'prize_shipped', a.participant_id, a.giveaway_id, a.id);
  else
    perform append_event('award', a.id, 'giveaway.award.shipment_changed', award_facts(a) || jsonb_build_object('shipments', d.shipments), p);
  end if;
  return delivery_answer(d, a);
end $$;

-- Many of a giveaway, each as by ship_prize, in the order of their ids. What is refused for one of them is said, and holds up
-- no other.
create or replace function ship_prizes(p jsonb) returns jsonb language plpgsql as $$
declare
  x jsonb;
  v_answers jsonb := '[]';
  v_refusal text;
begin
  for x in select s.value from jsonb_array_elements(p -> 'shipments') s order by s.value ->> 'awardId' loop
    v_refusal := null;
    begin
      perform ship_prize((p - 'shipments') || x);
    exception when sqlstate 'HS001' then
      v_refusal := sqlerrm;
    end;
    v_answers := v_answers || jsonb_build_object('awardId', x ->> 'awardId', 'refusal', v_refusal);
  end loop;
  return v_answers;
end $$;

-- FULFILLING → FULFILLED, when it has arrived, as the winner or the host says.
create or replace function confirm_delivery(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards := case when p ->> 'participantId' is not null then lock_own_award(p) else lock_award_of(p) end;
  d giveaway_deliveries := lock_delivery(a);
begin
  if d.state = 'DELIVERED' then return delivery_answer(d, a); end if;
  if d.state <> 'SHIPPED' then
    perform refuse('delivery_not_shipped', format('The prize is %s.', lower(d.state)), jsonb_build_object('awardId', a.id, 'state', d.state));
  end if;
  update giveaway_deliveries set state = 'DELIVERED', updated_at = clock_timestamp() where award_id = a.id returning * into d;
  update giveaway_awards set fulfilled_at = clock_timestamp() where id = a.id;
  a := move_award(a, 'FULFILLED', p);
  return delivery_answer(d, a);
end $$;

-- It came back, or is lost: the award waits for a decision, which is to send it again, or to give it up.
create or replace function report_undeliverable(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards := lock_award_of(p);
  d giveaway_deliveries := lock_delivery(a);
begin
  if d.state = 'UNDELIVERABLE' then return delivery_answer(d, a); end if;
  if d.state <> 'SHIPPED' then
    perform refuse('delivery_not_shipped', format('The prize is %s.', lower(d.state)), jsonb_build_object('awardId', a.id, 'state', d.state));
  end if;
  update giveaway_deliveries set state = 'UNDELIVERABLE', problem = p ->> 'reason', updated_at = clock_timestamp()
  where award_id = a.id returning * into d;
  perform append_event('award', a.id, 'giveaway.award.undeliverable', award_facts(a), p);
  return delivery_answer(d, a);
end $$;

-- The platform, and never the host alone, says that the winner cannot be reached: the award ends, and the prize goes to the
-- next rank. Locks: the giveaway, the award, its delivery.
create or replace function give_up_delivery(p jsonb) returns jsonb language plpgsql as $$
declare
  a giveaway_awards;
  d giveaway_deliveries;
begin
  perform 1 from giveaways where id = (p ->> 'giveawayId')::uuid for no key update;
  a := lock_award_of(p);
  d := lock_delivery(a);
  if d.state = 'GIVEN_UP' then return delivery_answer(d, a); end if;
  if (p ->> 'byHost')::boolean then
    perform refuse('second_person_missing', 'Whoever runs the platform decides that, not the host.', jsonb_build_object('awardId', a.id));
  elsif d.state <> 'UNDELIVERABLE' then
    perform refuse('delivery_not_undeliverable', format('The prize is %s.', lower(d.state)), jsonb_build_object('awardId', a.id, 'state', d.state));
  end if;
  update giveaway_deliveries set state = 'GIVEN_UP', problem = p ->> 'reason', address_sealed = null, updated_at = clock_timestamp()
  where award_id = a.id returning * into d;
  a := move_award(a, 'EXPIRED', p);
  perform promote_awards(a.giveaway_id, p);
  return delivery_answer(d, a);
end $$;

create or replace function delivery_answer(d giveaway_deliveries, a giveaway_awards) returns jsonb language sql stable as $$
  select jsonb_build_object('awardId', a.id, 'giveawayId', a.giveaway_id, 'awardState', a.state, 'state', d.state, 'carrier', d.carrier,
    'trackingNumber', d.tracking_number, 'shipments', d.shipments, 'shippedAt', d.shipped_at, 'problem', d.problem)
$$;

-- Of awards that ended without a delivery, and of prizes that arrived so long ago. @returns how many; at most the limit.
create or replace function erase_addresses(p jsonb) returns jsonb language sql as $$
  with gone as (
    select d.award_id from giveaway_deliveries d join giveaway_awards a on a.id = d.award_id
    where d.address_sealed is not null and (a.state in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')
      or a.state = 'FULFILLED' and d.updated_at < clock_timestamp() - (p ->> 'keptMs')::bigint * interval '1 millisecond')
    order by d.updated_at, d.award_id limit (p ->> 'limit')::int for no key update of d skip locked),
  erased as (
    update giveaway_deliveries d set address_sealed = null from gone g where d.award_id = g.award_id returning d.award_id)
  select jsonb_build_object('erased', count(*)) from erased
$$;
