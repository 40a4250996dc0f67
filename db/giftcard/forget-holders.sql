-- The numbers of phones of these people; of whoever has a top-up under way it is still needed. @returns who is forgotten.
create or replace function forget_holders(p jsonb) returns jsonb language plpgsql as $$
declare
  v_users uuid[] := array(select x::uuid from jsonb_array_elements_text(p -> 'userIds') x);
begin
  update airtime_vends set phone_sealed = null
  where user_id = any (v_users) and phone_sealed is not null and state in ('DELIVERED', 'FAILED_DEFINITE', 'REVERSED');
  return jsonb_build_object('forgotten', coalesce((select jsonb_agg(u order by u) from unnest(v_users) u
    where not exists (select from airtime_vends v where v.user_id = u and v.phone_sealed is not null)), '[]'));
end $$;
