-- Calls of one command, each as if it were alone, but in one transaction: one round trip and one commit for all of them.
-- What is refused leaves no trace, and the others stand. What would have to wait for a lock, or fails in any other way,
-- leaves no trace either and is to be called alone: it must not hold up the others.
-- @returns the answers in the order of the calls.
create or replace function call_together(p jsonb) returns jsonb language plpgsql as $$
declare
  v_sql text := format('select %I($1)', p ->> 'command');
  v_call jsonb;
  v_answer jsonb;
  v_answers jsonb[] := '{}';
  v_message text;
  v_hint text;
  v_detail text;
begin
  perform set_config('lock_timeout', '50ms', true);
  for v_call in select c.value from jsonb_array_elements(p -> 'calls') c loop
    begin
      execute v_sql into v_answer using v_call;
      v_answers := v_answers || jsonb_build_object('answer', v_answer);
    exception
      when sqlstate 'HS001' then
        get stacked diagnostics v_message = message_text, v_hint = pg_exception_hint, v_detail = pg_exception_detail;
        v_answers := v_answers || jsonb_build_object('refused', jsonb_build_object('code', 'HS001', 'message', v_message,
          'hint', v_hint, 'detail', v_detail));
      when others then
        v_answers := v_answers || jsonb_build_object('alone', true);
        -- The time of all calls together is bounded, too.
        if sqlstate = '55P03' then perform set_config('lock_timeout', '1ms', true); end if;
    end;
  end loop;
  return to_jsonb(v_answers);
end $$;
