-- What stands under a key, and null where the work is still to be done: nothing does, or an attempt that was given up.
create or replace function standing_answer(k jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('same', h.request_hash = decode(k ->> 'requestHash', 'hex'), 'status', h.status, 'headers', h.headers,
    'response', h.response, 'ofCommand', h.of_command, 'ageMs', round(extract(epoch from clock_timestamp() - h.claimed_at) * 1000))
  from idempotency_keys h
  where h.principal = k ->> 'principal' and h.route = k ->> 'route' and h.key = k ->> 'key'
    and (h.status is not null or h.request_hash <> decode(k ->> 'requestHash', 'hex')
      or h.attempt_id is not null and h.claimed_at > clock_timestamp() - (k ->> 'budgetMs')::int * interval '1 millisecond')
$$;

-- Keeps a command's answer, in the transaction that carried the command out. Of two attempts at once the first answer
-- stands: the second was a repeat of the same command, unless it asked for something else. Where the first was refused
-- the command is not carried out after all.
create or replace function keep_answer(k jsonb, p_answer jsonb) returns jsonb language plpgsql as $$
declare
  h idempotency_keys;
begin
  insert into idempotency_keys as held (principal, route, key, request_hash, resource_id, status, headers, response, of_command, completed_at)
  values (k ->> 'principal', k ->> 'route', k ->> 'key', decode(k ->> 'requestHash', 'hex'), (k ->> 'resourceId')::uuid,
    (k ->> 'status')::smallint, k -> 'headers', p_answer, true, clock_timestamp())
  on conflict (principal, route, key) do update set (status, headers, response, of_command, completed_at) = (
    select coalesce(held.status, excluded.status), coalesce(held.headers, excluded.headers),
      case when held.status is null then excluded.response else held.response end, held.status is null or held.of_command,
      coalesce(held.completed_at, excluded.completed_at))
  returning * into h;
  if h.request_hash <> decode(k ->> 'requestHash', 'hex') then
    perform refuse('idempotency_key_reused', 'This Idempotency-Key was used for another request.');
  elsif not h.of_command then
    raise exception using errcode = 'HS003', message = 'Another attempt was answered meanwhile, without the command';
  end if;
  return jsonb_build_object('same', true, 'status', h.status, 'headers', h.headers, 'response', h.response, 'ofCommand', h.of_command,
    'fresh', true);
end $$;

-- Carries a command out once per key: effect and answer in one transaction.
create or replace function answer_once(p jsonb) returns jsonb language plpgsql as $$
declare
  v_standing jsonb := standing_answer(p -> 'key');
  v_answer jsonb;
begin
  if v_standing is not null then return v_standing; end if;
  execute format('select %I($1)', p ->> 'command') into v_answer using p -> 'input';
  return keep_answer(p -> 'key', v_answer);
end $$;
