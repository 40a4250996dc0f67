-- One entry, one round trip, no workflow. Locks: the giveaway's advisory lock (shared), the answers of a participant,
-- the rows of the participant, of the entry, and of whoever referred them.
create or replace function enter_giveaway(p jsonb) returns jsonb language plpgsql as $$
declare
  v_giveaway uuid := (p ->> 'giveawayId')::uuid;
  v_participant uuid := (p ->> 'participantId')::uuid;
  v_id uuid := (p ->> 'id')::uuid;
  g giveaways;
  m giveaway_methods;
  e giveaway_entries;
  v_left int;
  v_period text;
  v_first boolean;
begin
  -- Shared, and the state is read in the next statement, which sees what a faster freeze has committed.
  perform pg_advisory_xact_lock_shared(hashtextextended(v_giveaway::text, 0));
  select * into g from giveaways where id = v_giveaway;
  select * into e from giveaway_entries where id = v_id;
  if e.id is not null then return repeated_entry(e, p); end if;
  perform require_open(g, v_giveaway);
  select * into m from giveaway_methods where giveaway_id = v_giveaway and name = p ->> 'method';
  if m.name is null or m.kind = 'referral' then
    perform refuse('entry_method_not_found', 'One cannot enter this giveaway in this way.', jsonb_build_object('method', p ->> 'method'));
  end if;
  perform require_eligible(g, v_participant, p -> 'facts');
  v_left := answers_left(m, v_participant, v_id, p);
  -- Not a refusal of the database: the wrong answer has to be counted.
  if v_left is not null then return jsonb_build_object('wrongAnswer', true, 'attemptsLeft', v_left); end if;
  perform require_proof(m, p);

  insert into giveaway_participants (giveaway_id, participant_id, salt, commitment)
  values (v_giveaway, v_participant, decode(p ->> 'salt', 'hex'), decode(p ->> 'commitment', 'hex'))
  -- On either key: the same participant's first entry may come twice at once.
  on conflict do nothing;
  v_first := found;
  v_period := case m.period when 'daily' then to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD') else 'once' end;
  if m.cap is not null and m.cap <= (
    select count(*) from giveaway_entries x where x.giveaway_id = v_giveaway and x.participant_id = v_participant and x.method = m.name) then
    perform refuse('entry_cap_reached', format('One may enter %s times in this way.', m.cap), jsonb_build_object('method', m.name, 'cap', m.cap));
  end if;
  insert into giveaway_entries (id, giveaway_id, participant_id, method, period, weight, reason, received_at)
  values (v_id, v_giveaway, v_participant, m.name, v_period, m.weight,
    case when m.target is null then 'eligible' else 'unverified' end,
    -- As precise as the receipt that names it.
    date_trunc('milliseconds', clock_timestamp()))
  on conflict (id) do nothing returning * into e;
  -- The same entry at the same moment: the other one has committed by now, and its answer is ours.
  if e.id is null then
    select * into e from giveaway_entries where id = v_id;
    return repeated_entry(e, p);
  end if;
  if m.target is not null then
    insert into giveaway_verifications (entry_id, giveaway_id, account) values (v_id, v_giveaway, p ->> 'account');
  end if;
  insert into giveaway_signals (giveaway_id, participant_id, kind, value_hash)
  select v_giveaway, v_participant, x.kind, decode(x.hash, 'hex')
  from jsonb_to_recordset(p -> 'signals') as x(kind text, hash text) on conflict do nothing;
  perform append_event('entry', v_id, 'giveaway.entry.received', jsonb_build_object('giveawayId', v_giveaway, 'participantId', v_participant), p);
  if v_first and p ->> 'referralCode' is not null then perform credit_referral(v_giveaway, v_participant, p); end if;
  return entry_answer(e);
end $$;

create or replace function repeated_entry(e giveaway_entries, p jsonb) returns jsonb language plpgsql as $$
begin
  if (e.giveaway_id, e.participant_id, e.method) is distinct from ((p ->> 'giveawayId')::uuid, (p ->> 'participantId')::uuid, p ->> 'method') then
    perform refuse('idempotency_key_reused', 'This entry stands with other inputs.', jsonb_build_object('entryId', e.id));
  end if;
  return entry_answer(e);
end $$;

create or replace function require_open(g giveaways, p_giveaway_id uuid) returns void language plpgsql as $$
declare
  v_details jsonb := jsonb_build_object('giveawayId', p_giveaway_id);
begin
  if g.id is null or g.published_at is null then
    perform refuse('giveaway_not_found', 'There is no such giveaway.', v_details);
  elsif g.state = 'SCHEDULED' then
    perform refuse('giveaway_not_open', 'The giveaway has not opened yet.', v_details);
  elsif g.state <> 'OPEN' then
    perform refuse('giveaway_closed', 'The giveaway is closed.', v_details);
  elsif g.closes_at <= clock_timestamp() then
    perform refuse('giveaway_closed', 'The deadline has passed.', v_details);
  elsif g.paused_at is not null then
    perform refuse('giveaway_paused', 'The host takes no entries at the moment.', v_details);
  end if;
end $$;

-- What the giveaway's rules ask of a person, by the database's clock. What is asked and not known is refused.
create or replace function require_eligible(g giveaways, p_participant_id uuid, p_facts jsonb) returns void language plpgsql as $$
declare
  v_rules jsonb := coalesce(g.rules -> 'eligibility', '{}');
  v_birth date := (p_facts ->> 'birthDate')::date;
  v_since timestamptz := (p_facts ->> 'registeredAt')::timestamptz;
  v_missing text[] := '{}';
  v_code text;
begin
  if g.host_id = p_participant_id then
    perform refuse('entry_host_excluded', 'A host cannot enter a giveaway of their own.');
  elsif coalesce((p_facts ->> 'staff')::boolean, false) then
    perform refuse('entry_staff_excluded', 'Who works for the platform cannot win.');
  end if;
  select x.code into v_code from giveaway_exclusions x where x.giveaway_id = g.id and x.participant_id = p_participant_id;
  if v_code is not null then
    perform refuse('entry_excluded', 'This person cannot take part in this giveaway.', jsonb_build_object('reason', v_code));
  end if;
  if v_rules ? 'minAgeYears' and v_birth is null then v_missing := v_missing || 'birthDate'::text; end if;
  if v_rules ? 'countries' and p_facts ->> 'country' is null then v_missing := v_missing || 'country'::text; end if;
  if v_rules ? 'minAccountAgeMs' and v_since is null then v_missing := v_missing || 'registeredAt'::text; end if;
  if cardinality(v_missing) > 0 then
    perform refuse('entry_profile_incomplete', 'The rules ask for what your profile does not say.', jsonb_build_object('missing', v_missing));
  elsif v_birth + make_interval(years => (v_rules ->> 'minAgeYears')::int) > clock_timestamp() at time zone 'UTC' then
    perform refuse('entry_too_young', format('One takes part from the age of %s on.', v_rules ->> 'minAgeYears'));
  elsif not v_rules -> 'countries' ? (p_facts ->> 'country') then
    perform refuse('entry_country_excluded', 'The giveaway is not open to people of this country.', jsonb_build_object('countries', v_rules -> 'countries'));
  elsif v_since + (v_rules ->> 'minAccountAgeMs')::bigint * interval '1 millisecond' > clock_timestamp() then
    perform refuse('entry_account_too_new', 'This account is too new for this giveaway.');
  end if;
end $$;

-- Null: the answer is right, or none is asked for. Else how many attempts are left, after this wrong one.
create or replace function answers_left(m giveaway_methods, p_participant_id uuid, p_attempt_id uuid, p jsonb) returns int language plpgsql as $$
declare
  c_attempts constant int := 10;
  v_wrong int;
begin
  if m.answer_hash is null then return null; end if;
  if p ->> 'answerHashes' is null then
    perform refuse('entry_proof_missing', 'This way to enter asks for an answer.', jsonb_build_object('method', m.name));
  end if;
  -- Guesses come one after the other, so that many at once are not more than the limit.
  perform pg_advisory_xact_lock(hashtextextended(m.giveaway_id::text || p_participant_id::text || m.name, 1));
  select count(*) into v_wrong from giveaway_wrong_answers w
  where w.giveaway_id = m.giveaway_id and w.participant_id = p_participant_id and w.method = m.name and w.id <> p_attempt_id;
  if v_wrong >= c_attempts then
    perform refuse('entry_attempts_exhausted', 'There were too many wrong answers.', jsonb_build_object('method', m.name));
  end if;
  if p -> 'answerHashes' ? encode(m.answer_hash, 'hex') then return null; end if;
  insert into giveaway_wrong_answers (id, giveaway_id, participant_id, method)
  values (p_attempt_id, m.giveaway_id, p_participant_id, m.name) on conflict do nothing;
  return c_attempts - v_wrong - 1;
end $$;

create or replace function require_proof(m giveaway_methods, p jsonb) returns void language plpgsql as $$
begin
  if m.target is not null and p ->> 'account' is null then
    perform refuse('entry_proof_missing', 'This way to enter asks for your account at the social network.', jsonb_build_object('method', m.name));
  elsif m.kind = 'email_confirmation' and not coalesce((p ->> 'emailConfirmed')::boolean, false) then
    perform refuse('entry_proof_missing', 'This way to enter asks for the token that was sent to your address.', jsonb_build_object('method', m.name));
  end if;
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
  perform 1 from giveaway_participants where giveaway_id = p_giveaway_id and participant_id = v_referrer for update;
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

create or replace function entry_answer(e giveaway_entries) returns jsonb language sql stable as $$
  select jsonb_build_object('id', e.id, 'giveawayId', e.giveaway_id, 'method', e.method, 'period', e.period, 'weight', e.weight,
    'salt', encode(s.salt, 'hex'), 'commitment', encode(s.commitment, 'hex'), 'secretHash', encode(d.secret_hash, 'hex'),
    'receivedAt', to_char(e.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
  from giveaway_participants s
  join giveaway_draws d on d.giveaway_id = e.giveaway_id and d.draw_number = 1
  where s.giveaway_id = e.giveaway_id and s.participant_id = e.participant_id
$$;

-- Entries of different people, each as if it were alone: what is refused leaves no trace, and the others stand. Anything
-- but a refusal fails all of them, and none was made. In the order of the participants, so that two batches cannot wait
-- for each other.
create or replace function enter_giveaway_each(p jsonb) returns jsonb language plpgsql as $$
declare
  v_item record;
  v_answers jsonb := '[]';
  v_code text;
  v_constraint text;
  v_message text;
  v_hint text;
  v_detail text;
begin
  for v_item in select x.entry, x.place from jsonb_array_elements(p) with ordinality x(entry, place) order by x.entry ->> 'participantId' loop
    begin
      v_answers := v_answers || jsonb_build_object('place', v_item.place, 'answer', enter_giveaway(v_item.entry));
    exception when sqlstate 'HS001' or unique_violation then
      get stacked diagnostics v_code = returned_sqlstate, v_constraint = constraint_name, v_message = message_text,
        v_hint = pg_exception_hint, v_detail = pg_exception_detail;
      v_answers := v_answers || jsonb_build_object('place', v_item.place, 'error', jsonb_build_object('code', v_code,
        'constraint', v_constraint, 'message', v_message, 'hint', v_hint, 'detail', v_detail));
    end;
  end loop;
  return v_answers;
end $$;
