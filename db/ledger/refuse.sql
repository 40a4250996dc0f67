-- Refuses by a rule of the business: the caller's transaction ends, and `asDomainError` makes a DomainError of it.
create or replace function refuse(p_code text, p_message text, p_details jsonb default '{}') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'HS001', message = p_code, hint = p_message, detail = p_details::text;
end $$;

-- A refusal as a value: for one of many calls, of which the others stand.
create or replace function refused(p_code text, p_message text, p_details jsonb default '{}') returns jsonb language sql immutable as $$
  select jsonb_build_object('error', jsonb_build_object('code', 'HS001', 'message', p_code, 'hint', p_message, 'detail', p_details::text))
$$;

create or replace function raise_refused(p_refused jsonb) returns void language plpgsql as $$
declare
  v_error jsonb := p_refused -> 'error';
begin
  if v_error is not null then perform refuse(v_error ->> 'message', v_error ->> 'hint', (v_error ->> 'detail')::jsonb); end if;
end $$;
