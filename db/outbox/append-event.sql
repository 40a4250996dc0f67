-- appendEvent (append-event.ts) for commands that are functions; numbered and chained by the table's trigger.
create or replace function append_event(
  p_aggregate_type text, p_aggregate_id uuid, p_type text, p_payload jsonb, p_cause jsonb
) returns void language plpgsql as $$
begin
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  values (p_aggregate_type, p_aggregate_id, 1, p_type, jsonb_strip_nulls(p_payload), p_cause ->> 'actor', p_cause ->> 'requestId', '');
end $$;
