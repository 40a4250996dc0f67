-- Somebody has to be told; told before, nothing happens.
create or replace function raise_alert(p_key text, p_summary text, p_correlation_id text) returns void language sql as $$
  insert into alerts (id, key, summary, correlation_id)
  values (ledger_uuid('alert', current_database(), p_key), p_key, p_summary, p_correlation_id) on conflict do nothing
$$;
