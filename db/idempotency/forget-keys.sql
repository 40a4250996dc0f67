-- Forgets keys that were claimed long ago, the oldest first; what somebody works on now is left.
-- @returns how many; as many as the limit when there may be more.
create or replace function forget_keys(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_forgotten int;
  -- Read once: a clock that may show another time for each row is no bound that an index knows.
  v_before timestamptz := clock_timestamp() - (p ->> 'retentionMs')::bigint * interval '1 millisecond';
begin
  delete from idempotency_keys h where h.ctid = any (array(
    select k.ctid from idempotency_keys k
    where k.claimed_at < v_before
    order by k.claimed_at limit (p ->> 'limit')::int for update skip locked));
  get diagnostics v_forgotten = row_count;
  return jsonb_build_object('forgotten', v_forgotten);
end $$;
