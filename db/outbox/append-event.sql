-- Stable, as its parts are: a function that says more of itself than they do is called for each event, and not made a part
-- of the trigger's expression. The text is that of migration 0002: what is chained with one is audited with the other.
create or replace function domain_event_hash(e domain_events) returns bytea language sql stable as $$
  select sha256(convert_to(concat_ws(chr(31),
    e.aggregate_type, e.aggregate_id, e.version, e.type, e.payload, e.actor, e.correlation_id,
    (extract(epoch from e.occurred_at) * 1000000)::bigint, encode(coalesce(e.previous_hash, ''), 'hex')), 'UTF8'))
$$;

-- appendEvent (append-event.ts) for commands that are functions; numbered and chained by the table's trigger.
create or replace function append_event(
  p_aggregate_type text, p_aggregate_id uuid, p_type text, p_payload jsonb, p_cause jsonb
) returns void language plpgsql as $$
begin
  insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
  values (p_aggregate_type, p_aggregate_id, 1, p_type, jsonb_strip_nulls(p_payload), p_cause ->> 'actor', p_cause ->> 'requestId', '');
end $$;
