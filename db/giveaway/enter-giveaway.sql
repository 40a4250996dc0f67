-- Entries, each as if it were alone, and all in one round trip and one commit, with no workflow: what is refused leaves no
-- trace, and the others stand. An entry remembers the request that made it, if that is said; a request that was refused
-- is remembered under its key, and answered from there. Locks: the giveaways' advisory locks (shared), those of users
-- who enter for the first time (shared), the answers of the participants, their rows, those of the entries: always in the
-- order of giveaway and participant, so that two batches cannot wait for each other. An entry that says who led there
-- locks their row as well, and comes alone.
-- @returns for each, in the order of the calls: `answer` (`fresh` where it was made now), `standing` (what is kept under
-- the key), `attemptsLeft` after a wrong answer, or `error`, as `asDomainError` reads it.
create or replace function enter_giveaways(p jsonb) returns jsonb language plpgsql
-- Every look-up is by a key: to plan them anew for each batch would cost more than the look-ups.
set plan_cache_mode = force_generic_plan as $$
declare
  v_outcomes jsonb[] := array_fill(null::jsonb, array[jsonb_array_length(p)]);
  v_outcome jsonb;
  v_new giveaway_entries[] := '{}';
  v_calls jsonb[] := '{}';
  v_places int[] := '{}';
  v_made jsonb;
  v_first boolean;
  v_unverified boolean := false;
  v_now timestamptz;
  v_closed jsonb;
  g giveaways;
  i record;
begin
  -- Shared, and the state is read in a later statement, which sees what a faster freeze has committed.
  perform pg_advisory_xact_lock_shared(hashtextextended(x.id::text, 0))
  from (select distinct (c ->> 'giveawayId')::uuid as id from jsonb_array_elements(p) c order by 1) x;

  -- What is known of each call beforehand, in the order in which rows are locked. Each is looked up by its key: a join
  -- might be planned, and kept, for tables that were small then.
  for i in
    select c.place, c.call, x.giveaway_id, x.participant_id,
      (select e from giveaway_entries e where e.id = (c.call ->> 'id')::uuid) as entry,
      -- The function runs only for whom there is something to say.
      (select standing_answer(c.call -> 'key') from idempotency_keys h where h.principal = c.call #>> '{key,principal}'
        and h.route = c.call #>> '{key,route}' and h.key = c.call #>> '{key,key}') as standing,
      (select m from giveaway_methods m where m.giveaway_id = x.giveaway_id and m.name = c.call ->> 'method') as method,
      (select y.code from giveaway_exclusions y where y.giveaway_id = x.giveaway_id and y.participant_id = x.participant_id) as excluded,
      (select false from giveaway_participants s where s.giveaway_id = x.giveaway_id and s.participant_id = x.participant_id) is null as is_first
    from jsonb_array_elements(p) with ordinality c(call, place),
      lateral (select (c.call ->> 'giveawayId')::uuid, (c.call ->> 'participantId')::uuid) x(giveaway_id, participant_id)
    order by x.giveaway_id, x.participant_id
  loop
    if v_now is null or g.id is distinct from i.giveaway_id then
      select * into g from giveaways where id = i.giveaway_id;
      -- As precise as the receipts that name it.
      v_now := date_trunc('milliseconds', clock_timestamp());
      v_closed := closed_to_entries(g, i.giveaway_id);
    end if;
    v_outcome := coalesce(
      case when (i.entry).request_hash is null and i.standing is not null then jsonb_build_object('standing', i.standing)
        when (i.entry).id is not null then repeat_of_entry(i.entry, i.call) end,
      v_closed, method_refused(i.method, i.call), ineligible(g, i.participant_id, i.excluded, i.call -> 'facts'),
      case when i.is_first then erased_refused(i.participant_id) end,
      wrong_answer(i.method, i.participant_id, i.call), proof_refused(i.method, i.participant_id, i.call));
    v_outcomes[i.place] := v_outcome;
    continue when v_outcome is not null;
    v_new := v_new || row((i.call ->> 'id')::uuid, i.giveaway_id, i.participant_id, (i.method).name,
      case (i.method).period when 'daily' then to_char(v_now at time zone 'UTC', 'YYYY-MM-DD') else 'once' end, (i.method).weight,
      case when (i.method).target is null then 'eligible' else 'unverified' end, v_now, decode(i.call ->> 'requestHash', 'hex'))::giveaway_entries;
    v_unverified := v_unverified or (i.method).target is not null;
    v_calls := v_calls || i.call;
    v_places := v_places || i.place::int;
  end loop;
  if cardinality(v_new) = 0 then return to_jsonb(v_outcomes); end if;

  insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
  select (c ->> 'giveawayId')::uuid, (c ->> 'participantId')::uuid, decode(c ->> 'salt', 'hex'), decode(c ->> 'commitment', 'hex')
  from unnest(v_calls) c order by 1, 2
  -- On either key: the same participant's first entry may come twice at once.
  on conflict do nothing;
  v_first := found;
  v_made := record_entries(v_new, v_calls);
  if v_unverified then
    insert into giveaway_verifications (entry_id, giveaway_id, account)
    select n.id, n.giveaway_id, n.call ->> 'account'
    from unnest(v_new, v_calls) as n(id, giveaway_id, participant_id, method, period, weight, reason, received_at, request_hash, call)
    where n.reason = 'unverified' and v_made ? n.id::text;
  end if;
  for n in 1 .. cardinality(v_new) loop
    -- Not made: the same one, or another of this participant, method and period, was made at the same moment.
    v_outcomes[v_places[n]] := coalesce(v_made -> v_new[n].id::text,
      repeat_of_entry((select e from giveaway_entries e where e.id = v_new[n].id), v_calls[n]));
  end loop;
  if v_first and v_calls[1] ->> 'referralCode' is not null and v_made ? v_new[1].id::text then
    perform credit_referral(v_new[1].giveaway_id, v_new[1].participant_id, v_calls[1]);
  end if;
  return to_jsonb(v_outcomes);
end $$;

-- Entries that nothing speaks against, with all that belongs to them. @returns the outcomes of those that were made, by id.
create or replace function record_entries(p_new giveaway_entries[], p_calls jsonb[]) returns jsonb language sql volatile as $$
  with calls as (
    select * from unnest(p_new, p_calls) as c(id, giveaway_id, participant_id, method, period, weight, reason, received_at, request_hash, call)
  ), made as (
    insert into giveaway_entries select * from unnest(p_new) on conflict do nothing returning *
  ), made_by as (
    select m.id, m.giveaway_id, m.participant_id, c.call from made m join calls c on c.id = m.id
  ), signals as (
    insert into giveaway_signals (giveaway_id, participant_id, kind, value_hash)
    select m.giveaway_id, m.participant_id, s ->> 'kind', decode(s ->> 'hash', 'hex')
    from made_by m, jsonb_array_elements(m.call -> 'signals') s order by 1, 2, 3, 4 on conflict do nothing
  ), events as (
    insert into domain_events (aggregate_type, aggregate_id, version, type, payload, actor, correlation_id, hash)
    select 'entry', m.id, 1, 'giveaway.entry.received', jsonb_build_object('giveawayId', m.giveaway_id, 'participantId', m.participant_id),
      m.call ->> 'actor', m.call ->> 'requestId', ''
    from made_by m
  )
  select coalesce(jsonb_object_agg(m.id, jsonb_build_object('fresh', true, 'answer',
    entry_answer(m.id, m.giveaway_id, m.method, m.period, m.weight, m.received_at, s.salt, s.commitment, d.secret_hash))), '{}')
  from made m,
    lateral (select s.salt, s.commitment from giveaway_participants s where s.giveaway_id = m.giveaway_id and s.participant_id = m.participant_id offset 0) s,
    lateral (select d.secret_hash from giveaway_draws d where d.giveaway_id = m.giveaway_id and d.draw_number = 1 offset 0) d
$$;

-- Of an entry that stands, or null where another one of the same participant, method and period does.
create or replace function repeat_of_entry(e giveaway_entries, p jsonb) returns jsonb language sql stable as $$
  select case
    when e.id is null then '{"error": {"code": "23505", "constraint": "giveaway_entries_once", "message": "entry_duplicate"}}'
    when (e.giveaway_id, e.participant_id, e.method) is distinct from ((p ->> 'giveawayId')::uuid, (p ->> 'participantId')::uuid, p ->> 'method')
      or e.request_hash <> decode(p ->> 'requestHash', 'hex')
      then refused('idempotency_key_reused', 'This entry stands with other inputs.', jsonb_build_object('entryId', e.id))
    else jsonb_build_object('answer', (select a from entry_answers(array[e]) a)) end
$$;

-- Null: the giveaway takes entries now.
create or replace function closed_to_entries(g giveaways, p_giveaway_id uuid) returns jsonb language plpgsql as $$
declare
  v_details jsonb := jsonb_build_object('giveawayId', p_giveaway_id);
begin
  if g.id is null or g.published_at is null then
    return refused('giveaway_not_found', 'There is no such giveaway.', v_details);
  elsif g.state = 'SCHEDULED' then
    return refused('giveaway_not_open', 'The giveaway has not opened yet.', v_details);
  elsif g.state <> 'OPEN' then
    return refused('giveaway_closed', 'The giveaway is closed.', v_details);
  elsif g.closes_at <= clock_timestamp() then
    return refused('giveaway_closed', 'The deadline has passed.', v_details);
  elsif g.paused_at is not null then
    return refused('giveaway_paused', 'The host takes no entries at the moment.', v_details);
  end if;
  return null;
end $$;

create or replace function require_open(g giveaways, p_giveaway_id uuid) returns void language sql as $$
  select raise_refused(closed_to_entries(g, p_giveaway_id))
$$;

create or replace function method_refused(m giveaway_methods, p jsonb) returns jsonb language sql stable as $$
  select refused('entry_method_not_found', 'One cannot enter this giveaway in this way.', jsonb_build_object('method', p ->> 'method'))
  where m.name is null or m.kind = 'referral'
$$;

-- What the giveaway's rules ask of a person, by the database's clock. What is asked and not known is refused.
create or replace function ineligible(g giveaways, p_participant_id uuid, p_excluded text, p_facts jsonb) returns jsonb language plpgsql as $$
declare
  v_rules jsonb := coalesce(g.rules -> 'eligibility', '{}');
  v_birth date := (p_facts ->> 'birthDate')::date;
  v_since timestamptz := (p_facts ->> 'registeredAt')::timestamptz;
  v_missing text[] := '{}';
begin
  if g.host_id = p_participant_id then
    return refused('entry_host_excluded', 'A host cannot enter a giveaway of their own.');
  elsif coalesce((p_facts ->> 'staff')::boolean, false) then
    return refused('entry_staff_excluded', 'Who works for the platform cannot win.');
  elsif p_excluded is not null then
    return refused('entry_excluded', 'This person cannot take part in this giveaway.', jsonb_build_object('reason', p_excluded));
  end if;
  if v_rules ? 'minAgeYears' and v_birth is null then v_missing := v_missing || 'birthDate'::text; end if;
  if v_rules ? 'countries' and p_facts ->> 'country' is null then v_missing := v_missing || 'country'::text; end if;
  if v_rules ? 'minAccountAgeMs' and v_since is null then v_missing := v_missing || 'registeredAt'::text; end if;
  if cardinality(v_missing) > 0 then
    return refused('entry_profile_incomplete', 'The rules ask for what your profile does not say.', jsonb_build_object('missing', v_missing));
  elsif v_birth + make_interval(years => (v_rules ->> 'minAgeYears')::int) > clock_timestamp() at time zone 'UTC' then
    return refused('entry_too_young', format('One takes part from the age of %s on.', v_rules ->> 'minAgeYears'));
  elsif not v_rules -> 'countries' ? (p_facts ->> 'country') then
    return refused('entry_country_excluded', 'The giveaway is not open to people of this country.', jsonb_build_object('countries', v_rules -> 'countries'));
  elsif v_since + (v_rules ->> 'minAccountAgeMs')::bigint * interval '1 millisecond' > clock_timestamp() then
    return refused('entry_account_too_new', 'This account is too new for this giveaway.');
  end if;
  return null;
end $$;

-- Null: the answer is right, or none is asked for. Else `attemptsLeft`, after this wrong one: not a refusal of the
-- database, because the wrong answer has to be counted.
create or replace function wrong_answer(m giveaway_methods, p_participant_id uuid, p jsonb) returns jsonb language plpgsql as $$
declare
  c_attempts constant int := 10;
  v_attempt uuid := (p ->> 'id')::uuid;
  v_wrong int;
begin
  if m.answer_hash is null then return null; end if;
  if p ->> 'answerHashes' is null then
    return refused('entry_proof_missing', 'This way to enter asks for an answer.', jsonb_build_object('method', m.name));
  end if;
  -- Guesses come one after the other, so that many at once are not more than the limit.
  perform pg_advisory_xact_lock(hashtextextended(m.giveaway_id::text || p_participant_id::text || m.name, 1));
  select count(*) into v_wrong from giveaway_wrong_answers w
  where w.giveaway_id = m.giveaway_id and w.participant_id = p_participant_id and w.method = m.name and w.id <> v_attempt;
  if v_wrong >= c_attempts then
    return refused('entry_attempts_exhausted', 'There were too many wrong answers.', jsonb_build_object('method', m.name));
  end if;
  if p -> 'answerHashes' ? encode(m.answer_hash, 'hex') then return null; end if;
  insert into giveaway_wrong_answers (id, giveaway_id, participant_id, method)
  values (v_attempt, m.giveaway_id, p_participant_id, m.name) on conflict do nothing;
  return jsonb_build_object('attemptsLeft', c_attempts - v_wrong - 1);
end $$;

create or replace function proof_refused(m giveaway_methods, p_participant_id uuid, p jsonb) returns jsonb language plpgsql as $$
begin
  if m.target is not null and p ->> 'account' is null then
    return refused('entry_proof_missing', 'This way to enter asks for your account at the social network.', jsonb_build_object('method', m.name));
  elsif m.kind = 'email_confirmation' and not coalesce((p ->> 'emailConfirmed')::boolean, false) then
    return refused('entry_proof_missing', 'This way to enter asks for the token that was sent to your address.', jsonb_build_object('method', m.name));
  elsif m.cap is null then
    return null;
  elsif m.cap <= (select count(*) from giveaway_entries x where x.giveaway_id = m.giveaway_id and x.participant_id = p_participant_id and x.method = m.name) then
    return refused('entry_cap_reached', format('One may enter %s times in this way.', m.cap), jsonb_build_object('method', m.name, 'cap', m.cap));
  end if;
  return null;
end $$;

-- Whoever was referred counts for the referrer once, up to the cap. A code that is nobody's is refused, and with it
-- the entry: the person would else not be credited, and not know it.
create or replace function credit_referral(p_giveaway_id uuid, p_referred_id uuid, p jsonb) returns void language plpgsql as $$
declare
  v_referrer uuid;
  m giveaway_methods;
  v_id uuid := ledger_uuid('referral', p_giveaway_id::text, p_referred_id::text);
begin
  select * into m from giveaway_methods where giveaway_id = p_giveaway_id and kind = 'referral';
  select c.participant_id into v_referrer from giveaway_referral_codes c where c.giveaway_id = p_giveaway_id and c.code = p ->> 'referralCode';
  if m.name is null or v_referrer is null or v_referrer = p_referred_id then
    perform refuse('entry_referral_unknown', 'There is no such referral in this giveaway.');
  end if;
  insert into giveaway_referrals (giveaway_id, referred_id, referrer_id) values (p_giveaway_id, p_referred_id, v_referrer);
  -- One after the other, so that the cap holds.
  perform 1 from giveaway_participants where giveaway_id = p_giveaway_id and participant_id = v_referrer for no key update;
  if m.cap <= (select count(*) from giveaway_entries x where x.giveaway_id = p_giveaway_id and x.participant_id = v_referrer and x.method = m.name) then
    return;
  end if;
  insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight, received_at)
  values (v_id, p_giveaway_id, v_referrer, m.name, p_referred_id::text, m.weight, date_trunc('milliseconds', clock_timestamp()));
  perform append_event('entry', v_id, 'giveaway.entry.received', jsonb_build_object('giveawayId', p_giveaway_id, 'participantId', v_referrer), p);
end $$;

-- The code by which a participant refers others; the first one stands.
create or replace function make_referral_code(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_participant uuid := (p ->> 'participantId')::uuid;
  v_code text;
begin
  if (select true from giveaway_methods where giveaway_id = v_giveaway and kind = 'referral') is null then
    perform refuse('entry_method_not_found', 'This giveaway does not count referrals.', jsonb_build_object('method', 'referral'));
  elsif (select true from giveaway_participants where giveaway_id = v_giveaway and participant_id = v_participant) is null then
    perform refuse('entry_not_found', 'Enter first, then refer others.', jsonb_build_object('giveawayId', v_giveaway));
  end if;
  insert into giveaway_referral_codes (giveaway_id, code, participant_id) values (v_giveaway, p ->> 'code', v_participant) on conflict do nothing;
  select c.code into strict v_code from giveaway_referral_codes c where c.giveaway_id = v_giveaway and c.participant_id = v_participant;
  return jsonb_build_object('code', v_code);
end $$;

create or replace function entry_answers(p_entries giveaway_entries[]) returns setof jsonb language sql stable as $$
  select entry_answer(e.id, e.giveaway_id, e.method, e.period, e.weight, e.received_at, s.salt, s.commitment, d.secret_hash)
  from unnest(p_entries) e,
    -- One look-up for each, however large the tables were when this was planned.
    lateral (select s.salt, s.commitment from giveaway_participants s where s.giveaway_id = e.giveaway_id and s.participant_id = e.participant_id offset 0) s,
    lateral (select d.secret_hash from giveaway_draws d where d.giveaway_id = e.giveaway_id and d.draw_number = 1 offset 0) d
$$;

-- One expression, so that it becomes a part of the statement that asks.
create or replace function entry_answer(p_id uuid, p_giveaway_id uuid, p_method text, p_period text, p_weight int, p_received_at timestamptz,
  p_salt bytea, p_commitment bytea, p_secret_hash bytea) returns jsonb language sql stable as $$
  select jsonb_build_object('id', p_id, 'giveawayId', p_giveaway_id, 'method', p_method, 'period', p_period, 'weight', p_weight,
    'salt', encode(p_salt, 'hex'), 'commitment', encode(p_commitment, 'hex'), 'secretHash', encode(p_secret_hash, 'hex'),
    'receivedAt', to_char(p_received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
$$;
