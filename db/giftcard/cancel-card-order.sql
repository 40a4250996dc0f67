-- A host wants the cards of an order back that nobody has. Repeated with the same id it changes nothing.
create or replace function begin_order_cancellation(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  o card_orders := lock_order((p ->> 'orderId')::uuid);
  c card_order_cancellations;
begin
  insert into card_order_cancellations (id, order_id, requested_by) values ((p ->> 'cancelId')::uuid, o.id, p ->> 'actor')
  on conflict (id) do nothing returning * into c;
  if c.id is null then return '{}'; end if;
  if o.state <> 'ISSUED' then
    perform refuse('card_order_not_issued', format('The order is %s.', o.state), jsonb_build_object('state', o.state));
  end if;
  perform append_event('card_order_cancellation', c.id, 'giftcard.order.cancellation_started', jsonb_build_object('orderId', o.id), p);
  return '{}';
end $$;

-- Nobody's card of it is left in escrow.
create or replace function complete_order_cancellation(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  c card_order_cancellations;
begin
  update card_order_cancellations set state = 'DONE', updated_at = now() where id = (p ->> 'cancelId')::uuid and state = 'RUNNING' returning * into c;
  if c.id is not null then
    perform append_event('card_order_cancellation', c.id, 'giftcard.order.cancellation_done', jsonb_build_object('orderId', c.order_id), p);
  end if;
  return '{}';
end $$;
