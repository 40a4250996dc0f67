-- Keeps what a run of the audit has found: a case for everything that is late or broken, and a halt of new payouts for
-- each currency in which something is broken. Repeated with the same id it changes nothing.
create or replace function record_audit(p jsonb) returns jsonb language plpgsql as $$
declare
  v_run uuid := (p ->> 'auditId')::uuid;
  v_check jsonb;
begin
  -- One after the other: two runs may see the same thing.
  perform pg_advisory_xact_lock(hashtext('handsel audit'));
  insert into audit_runs (id, scope, requested_by, started_at, since, since_transaction, checked, in_flight, late, broken, results)
  select v_run, p ->> 'scope', p ->> 'actor', (p ->> 'startedAt')::timestamptz, (p ->> 'since')::timestamptz, (p ->> 'sinceTransaction')::xid8,
    coalesce(sum((c ->> 'checked')::bigint), 0), coalesce(sum((c ->> 'inFlight')::bigint), 0), coalesce(sum((c ->> 'late')::bigint), 0),
    coalesce(sum((c ->> 'broken')::bigint), 0), coalesce(jsonb_agg(c - 'rows'), '[]')
  from jsonb_array_elements(p -> 'checks') c
  on conflict (id) do nothing;
  if found then
    for v_check in select c from jsonb_array_elements(p -> 'checks') c loop
      perform record_findings(v_run, v_check, p);
    end loop;
    perform halt_payouts(v_run, p);
    -- One a minute, and of no use once it found nothing and is old.
    delete from audit_runs r where r.scope = 'touched' and r.late + r.broken = 0 and r.created_at < now() - interval '7 days';
  end if;
  return (select audit_run_answer(r) from audit_runs r where r.id = v_run);
end $$;

-- What one check found. What stood and is not seen any more is over, where everything was looked at.
create or replace function record_findings(p_run uuid, p_check jsonb, p jsonb) returns void language plpgsql as $$
declare
  v_row jsonb;
begin
  for v_row in select r from jsonb_array_elements(p_check -> 'rows') r loop
    perform record_finding(p_run, p_check ->> 'name', v_row, p);
  end loop;
  if (p_check ->> 'whole')::boolean and (p_check ->> 'late')::int + (p_check ->> 'broken')::int = jsonb_array_length(p_check -> 'rows') then
    update audit_findings set state = 'CLEARED', ended_at = now()
    where check_name = p_check ->> 'name' and state <> 'CLEARED' and last_run_id <> p_run;
  end if;
end $$;

create or replace function record_finding(p_run uuid, p_check_name text, p_row jsonb, p jsonb) returns void language plpgsql as $$
declare
  f audit_findings;
  v_verdict text := p_row ->> 'verdict';
begin
  select * into f from audit_findings where check_name = p_check_name and subject = p_row ->> 'subject' and currency = p_row ->> 'currency'
    and state <> 'CLEARED' for no key update;
  -- What the provider may have been about to explain, and has not within the budget, is broken.
  if f.id is not null and p_check_name = 'provider.balance' and f.created_at <= now() - (p ->> 'budgetMs')::bigint * interval '1 millisecond' then
    v_verdict := 'broken';
  end if;
  if f.state = 'WAIVED' then
    if f.facts = p_row -> 'facts' and f.verdict = v_verdict then
      update audit_findings set last_run_id = p_run, last_seen_at = now() where id = f.id;
      return;
    end if;
    -- Two people have waived something else.
    update audit_findings set state = 'CLEARED' where id = f.id;
    f := null;
  end if;
  if f.id is null then
    insert into audit_findings (id, check_name, subject, currency, verdict, facts, run_id, last_run_id)
    values (ledger_uuid('audit-finding', p_run::text, p_check_name, p_row ->> 'subject', p_row ->> 'currency'), p_check_name, p_row ->> 'subject',
      p_row ->> 'currency', v_verdict, p_row -> 'facts', p_run, p_run) returning * into f;
    perform append_event('audit_finding', f.id, 'audit.finding.opened', jsonb_build_object('check', f.check_name, 'subject', f.subject,
      'currency', f.currency, 'verdict', f.verdict), p);
  else
    update audit_findings set verdict = v_verdict, facts = p_row -> 'facts', last_run_id = p_run, last_seen_at = now()
    where id = f.id returning * into f;
  end if;
  perform raise_alert(format('audit:%s:%s', f.id, f.verdict), format('The audit finds %s %s: %s %s', f.check_name, f.verdict, f.subject,
    f.currency), p ->> 'requestId');
end $$;

-- Only what is broken halts, and only its currency.
create or replace function halt_payouts(p_run uuid, p jsonb) returns void language plpgsql as $$
declare
  v_currency text;
  v_halt uuid;
begin
  for v_currency in select distinct f.currency from audit_findings f
    where f.state = 'OPEN' and f.verdict = 'broken' and f.halt_id is null order by 1
  loop
    select h.id into v_halt from payout_halts h where h.currency = v_currency and h.lifted_at is null;
    if not found then
      insert into payout_halts (id, currency, run_id) values (ledger_uuid('payout-halt', p_run::text, v_currency), v_currency, p_run)
      returning id into v_halt;
      perform append_event('payout_halt', v_halt, 'audit.payouts.halted', jsonb_build_object('currency', v_currency), p);
      perform raise_alert('halt:' || v_halt, format('New payouts in %s are halted: %s', case v_currency when '*' then 'every currency' else v_currency end,
        (select string_agg(distinct f.check_name, ', ') from audit_findings f where f.state = 'OPEN' and f.verdict = 'broken' and f.currency = v_currency)),
        p ->> 'requestId');
    end if;
    update audit_findings set halt_id = v_halt where currency = v_currency and state = 'OPEN' and verdict = 'broken' and halt_id is null;
  end loop;
end $$;

create or replace function audit_run_answer(r audit_runs) returns jsonb language sql immutable as $$
  select jsonb_build_object('auditId', r.id, 'scope', r.scope, 'requestedBy', r.requested_by, 'startedAt', r.started_at, 'finishedAt', r.created_at,
    'checked', r.checked, 'inFlight', r.in_flight, 'late', r.late, 'broken', r.broken, 'checks', r.results)
$$;

create or replace function audit_finding_answer(f audit_findings) returns jsonb language sql immutable as $$
  select jsonb_build_object('findingId', f.id, 'check', f.check_name, 'subject', f.subject, 'currency', f.currency, 'verdict', f.verdict,
    'facts', f.facts, 'state', f.state, 'haltId', f.halt_id, 'auditId', f.run_id, 'firstSeenAt', f.created_at, 'lastSeenAt', f.last_seen_at,
    'endedAt', f.ended_at)
$$;
