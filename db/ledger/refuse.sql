-- Refuses by a rule of the business: the caller's transaction ends, and `asDomainError` makes a DomainError of it.
create or replace function refuse(p_code text, p_message text, p_details jsonb default '{}') returns void
language plpgsql as $$
begin
  raise exception using errcode = 'HS001', message = p_code, hint = p_message, detail = p_details::text;
end $$;
