-- The halt, if any, that keeps new payouts of a currency from beginning. Asked in the transaction that would begin one;
-- what was begun before goes on.
create or replace function halt_of_payouts(p_currency text) returns uuid language sql stable as $$
  select h.id from payout_halts h where h.lifted_at is null and h.currency in (p_currency, '*') order by h.created_at limit 1
$$;

create or replace function lock_payout_halt(p_id uuid) returns payout_halts language plpgsql as $$
declare
  h payout_halts;
begin
  -- As record_audit does, which comes first: no run adds a finding to a halt that is being lifted.
  perform pg_advisory_xact_lock(hashtext('handsel audit'));
  select * into h from payout_halts where id = p_id for no key update;
  if not found then perform refuse('halt_not_found', 'There is no such halt.', jsonb_build_object('haltId', p_id)); end if;
  return h;
end $$;

create or replace function broken_of_halt(p_id uuid) returns int language sql stable as $$
  select count(*)::int from audit_findings f where f.halt_id = p_id and f.state = 'OPEN' and f.verdict = 'broken'
$$;

-- Payouts may begin again: when the checks have been run anew and find nothing broken. Repeated it changes nothing.
create or replace function lift_payout_halt(p jsonb) returns jsonb language plpgsql as $$
declare
  h payout_halts := lock_payout_halt((p ->> 'haltId')::uuid);
begin
  if h.lifted_at is null then
    if broken_of_halt(h.id) > 0 then
      perform refuse('halt_still_broken', 'What the audit has found is not mended.', jsonb_build_object('haltId', h.id, 'broken', broken_of_halt(h.id)));
    end if;
    h := end_payout_halt(h, p);
  end if;
  return payout_halt_answer(h);
end $$;

create or replace function end_payout_halt(h payout_halts, p jsonb) returns payout_halts language plpgsql as $$
begin
  update payout_halts set lifted_at = now(), lifted_by = p ->> 'actor', lift_reason = p ->> 'reason' where id = h.id returning * into h;
  perform append_event('payout_halt', h.id, 'audit.payouts.resumed', jsonb_build_object('currency', h.currency, 'reason', h.lift_reason), p);
  return h;
end $$;

-- Two people say of named findings that they may stay as they are: the first asks, another one asks for the same. With
-- the last one the halt ends. All of the rows, or none.
create or replace function waive_findings(p jsonb) returns jsonb language plpgsql as $$
declare
  h payout_halts := lock_payout_halt((p ->> 'haltId')::uuid);
  f audit_findings;
  v_id uuid;
  v_waived jsonb := '[]';
  v_waiting jsonb := '[]';
  v_asked jsonb;
begin
  for v_id in select distinct (x #>> '{}')::uuid from jsonb_array_elements(p -> 'findingIds') x order by 1 loop
    select * into f from audit_findings where id = v_id and halt_id = h.id for no key update;
    if not found then perform refuse('finding_not_found', 'The halt has no such finding.', jsonb_build_object('findingId', v_id)); end if;
    if f.state = 'CLEARED' then perform refuse('case_not_open', 'The finding is mended.', jsonb_build_object('findingId', v_id)); end if;
    v_asked := second_decision(p || jsonb_build_object('decisionId', ledger_uuid('decision', 'audit_finding', v_id::text),
      'subjectType', 'audit_finding', 'subjectId', v_id, 'caseNumber', 1, 'kind', 'waive'));
    if not (v_asked ->> 'approved')::boolean then
      v_waiting := v_waiting || to_jsonb(v_id);
      continue;
    end if;
    if f.state = 'OPEN' then
      update audit_findings set state = 'WAIVED', ended_at = now() where id = v_id;
      perform append_event('audit_finding', v_id, 'audit.finding.waived', jsonb_build_object('check', f.check_name, 'subject', f.subject,
        'currency', f.currency, 'facts', f.facts, 'requestedBy', v_asked ->> 'requestedBy', 'reason', p ->> 'reason'), p);
    end if;
    v_waived := v_waived || to_jsonb(v_id);
  end loop;
  if h.lifted_at is null and jsonb_array_length(v_waived) > 0 and broken_of_halt(h.id) = 0 then h := end_payout_halt(h, p); end if;
  return jsonb_build_object('waived', v_waived, 'waiting', v_waiting, 'halt', payout_halt_answer(h));
end $$;

create or replace function payout_halt_answer(h payout_halts) returns jsonb language sql stable as $$
  select jsonb_build_object('haltId', h.id, 'currency', h.currency, 'auditId', h.run_id, 'broken', broken_of_halt(h.id),
    'checks', (select coalesce(jsonb_agg(distinct f.check_name), '[]') from audit_findings f where f.halt_id = h.id),
    'haltedAt', h.created_at, 'liftedAt', h.lifted_at, 'liftedBy', h.lifted_by, 'liftReason', h.lift_reason)
$$;
