-- Nothing is left that says who somebody was; what they did stays in books and proofs, under an id and hashes whose salts
-- are gone. Locks: the user's advisory lock, exclusive (a first entry takes it shared), then the user: whoever logs in or
-- makes a key holds the user meanwhile.
create or replace function erase_user(p jsonb) returns jsonb language plpgsql as $$
declare
  v_user uuid := (p ->> 'userId')::uuid;
  u users;
begin
  perform pg_advisory_xact_lock(user_entry_lock(v_user));
  -- In a statement of its own: it sees what a first entry has committed that was faster.
  select * into u from users where id = v_user for no key update;
  if u.id is null then perform refuse('not_found', 'There is no such user.', jsonb_build_object('userId', v_user)); end if;
  if u.erased_at is not null then return jsonb_build_object('userId', v_user, 'erasedAt', u.erased_at); end if;
  perform require_erasable(u, p);

  update users set email = v_user || '@erased.invalid', display_name = '', password_hash = '', birth_date = null, country = null,
    erased_at = clock_timestamp() where id = v_user returning * into u;
  -- Sessions first, as whoever exchanges a refresh token does.
  update sessions set ended_at = clock_timestamp(), end_reason = 'logged_out' where user_id = v_user and ended_at is null;
  delete from refresh_tokens where session_id in (select id from sessions where user_id = v_user);
  update api_keys set revoked_at = clock_timestamp() where user_id = v_user and revoked_at is null;
  update api_keys set name = '' where user_id = v_user;
  update giveaway_participants set salt = null where participant_id = v_user;
  delete from giveaway_signals where participant_id = v_user;
  delete from giveaway_wrong_answers where participant_id = v_user;
  update giveaway_verifications set account = '', evidence = '{}', due_at = null
  where entry_id in (select id from giveaway_entries where participant_id = v_user);
  update giveaway_deliveries set address_sealed = null, carrier = null, tracking_number = null, problem = null
  where award_id in (select id from giveaway_awards where participant_id = v_user);
  -- Answers that are kept for repeats hold receipts with their salts, and what somebody called themselves.
  delete from idempotency_keys where completed_at is not null and (resource_id = v_user or principal = 'user:' || v_user
    or principal in (select 'api-key:' || id from api_keys where user_id = v_user));
  perform append_event('user', v_user, 'identity.user.erased', '{}', p);
  return jsonb_build_object('userId', v_user, 'erasedAt', u.erased_at);
end $$;

-- A participant whose giveaways are over, and who has no prize that could not be looked at any more.
create or replace function require_erasable(u users, p jsonb) returns void language plpgsql as $$
declare
  v_open jsonb;
begin
  if not u.roles <@ array['participant'] then
    perform refuse('user_not_erasable', 'Whoever hosts, sells or works here stands in books that are kept.', jsonb_build_object('roles', u.roles));
  end if;
  select jsonb_agg(x.id) into v_open from (
    select g.id from giveaway_participants s join giveaways g on g.id = s.giveaway_id
    where s.participant_id = u.id and g.state not in ('COMPLETED', 'CANCELLED') order by g.id limit 20) x;
  if v_open is not null then
    perform refuse('user_not_erasable', 'You take part in giveaways that are not over.', jsonb_build_object('giveawayIds', v_open));
  end if;
  if not coalesce((p ->> 'abandonPrizes')::boolean, false)
    and exists (select from giveaway_awards where participant_id = u.id and state = 'FULFILLED') then
    perform refuse('user_has_prizes', 'You have won prizes whose codes you could not look at any more. Say that you give them up.');
  end if;
end $$;

create or replace function user_entry_lock(p_user uuid) returns bigint language sql immutable as $$
  select hashtextextended('user/' || p_user, 0)
$$;

-- At somebody's first entry in a giveaway: null where they are not erased, and are not before it is committed.
create or replace function erased_refused(p_user uuid) returns jsonb language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(user_entry_lock(p_user));
  return (select refused('user_erased', 'This account was erased.') from users where id = p_user and erased_at is not null);
end $$;
