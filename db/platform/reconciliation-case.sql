create or replace function lock_reconciliation_case(p jsonb) returns reconciliation_cases language plpgsql as $$
declare
  c reconciliation_cases;
begin
  select * into c from reconciliation_cases where id = (p ->> 'caseId')::uuid for no key update;
  if not found then perform refuse('reconciliation_case_not_found', 'There is no such case.', jsonb_build_object('caseId', p ->> 'caseId')); end if;
  if p ->> 'caseNumber' is not null and c.case_number <> (p ->> 'caseNumber')::int then
    perform refuse('case_changed', 'The case has changed since you looked.', jsonb_build_object('caseId', c.id, 'caseNumber', c.case_number));
  end if;
  return c;
end $$;

create or replace function require_open_case(c reconciliation_cases) returns void language plpgsql as $$
begin
  if c.state <> 'OPEN' then
    perform refuse('case_not_open', format('The case is resolved: %s.', c.resolution), jsonb_build_object('caseId', c.id, 'resolution', c.resolution));
  end if;
end $$;

-- Whose it is, or a remark; both leave an event. A repeat under the same id changes nothing.
create or replace function note_reconciliation_case(p jsonb) returns jsonb language plpgsql as $$
declare
  c reconciliation_cases := lock_reconciliation_case(p);
begin
  perform require_open_case(c);
  if (select e.aggregate_id from domain_events e where e.aggregate_type = 'reconciliation_case' and e.aggregate_id = c.id
      and e.payload ->> 'decisionId' = p ->> 'decisionId') is null then
    update reconciliation_cases set assignee = coalesce(p ->> 'assignee', assignee), updated_at = now() where id = c.id returning * into c;
    perform append_event('reconciliation_case', c.id, case when p ->> 'assignee' is null then 'finance.reconciliation_case.noted'
      else 'finance.reconciliation_case.assigned' end, jsonb_build_object('assignee', p ->> 'assignee', 'note', p ->> 'note',
      'caseNumber', c.case_number, 'decisionId', p ->> 'decisionId'), p);
  end if;
  return reconciliation_case_answer(c);
end $$;

-- The end of a case. What moves money takes two people: `loss_accepted` books what the provider's account lacks as a loss of
-- ours, `gain_held` what it has more as owed to whoever turns out to be its owner.
create or replace function resolve_reconciliation_case(p jsonb) returns jsonb language plpgsql as $$
declare
  c reconciliation_cases := lock_reconciliation_case(p);
  v_resolution text := p ->> 'resolution';
  v_clearing uuid;
begin
  if c.resolution = v_resolution then return reconciliation_case_answer(c); end if;
  perform require_open_case(c);
  if v_resolution in ('loss_accepted', 'gain_held') then
    if v_resolution = 'loss_accepted' and c.difference_minor >= 0 then
      perform refuse('reconciliation_no_loss', 'The provider’s account lacks nothing because of this.', jsonb_build_object('caseId', c.id,
        'differenceMinor', c.difference_minor::text));
    elsif v_resolution = 'gain_held' and c.difference_minor <= 0 then
      perform refuse('reconciliation_no_gain', 'The provider’s account has nothing more because of this.', jsonb_build_object('caseId', c.id,
        'differenceMinor', c.difference_minor::text));
    elsif (select d.approved_by from decisions d where d.subject_type = 'reconciliation_case' and d.subject_id = c.id
        and d.case_number = c.case_number and d.kind = case v_resolution when 'gain_held' then 'hold_gain' else 'accept_loss' end) is null then
      perform refuse('second_person_missing', 'This takes two people.', jsonb_build_object('caseId', c.id));
    end if;
  end if;
  update reconciliation_cases set state = 'RESOLVED', resolution = v_resolution, reason = p ->> 'reason', resolved_by = p ->> 'actor', updated_at = now()
  where id = c.id returning * into c;
  perform append_event('reconciliation_case', c.id, 'finance.reconciliation_case.resolved', jsonb_build_object('resolution', c.resolution,
    'reason', c.reason, 'caseNumber', c.case_number, 'differenceMinor', c.difference_minor::text, 'currency', c.currency), p);
  if v_resolution in ('loss_accepted', 'gain_held') then
    v_clearing := ledger_account('provider:clearing', 'platform', c.currency);
    perform ledger_book(array[case v_resolution
      when 'loss_accepted' then ledger_transfer('posted', ledger_uuid('transfer', 'reconciliation-case', c.id::text),
        ledger_account('platform:losses', 'platform', c.currency), v_clearing, -c.difference_minor, c.currency, 'reconciliation.loss', c.id::text)
      else ledger_transfer('posted', ledger_uuid('transfer', 'reconciliation-case', c.id::text), v_clearing,
        ledger_account('unclaimed', 'provider', c.currency), c.difference_minor, c.currency, 'reconciliation.gain', c.id::text) end]);
  end if;
  return reconciliation_case_answer(c);
end $$;

-- The provider has kept another fee for a transfer than it had said: what a transfer costs is the platform's, more or less,
-- and changes nobody's share. Of a charge it would: that is not adopted. @returns what the caller's table is to say.
create or replace function adopt_transfer_fee(p jsonb) returns bigint language plpgsql as $$
declare
  c reconciliation_cases := lock_reconciliation_case(p);
  i provider_intents;
  v_fee bigint := (c.theirs ->> 'feeMinor')::bigint;
  v_more bigint;
  v_costs uuid;
  v_clearing uuid;
begin
  if c.resolution = 'adopted' then return null; end if;
  perform require_open_case(c);
  select * into i from provider_intents where intent_id = c.intent_id;
  if c.kind <> 'amount_differs' or i.intent_id is null or i.subject_type = 'funding' or i.currency <> c.currency
      or i.amount_minor <> (c.theirs ->> 'amountMinor')::bigint then
    perform refuse('adoption_not_possible', 'That would be another booking than the one that stands.', jsonb_build_object('caseId', c.id));
  end if;
  v_more := v_fee - coalesce(i.fee_minor, 0);
  if v_more = 0 then return null; end if;
  v_costs := ledger_account('provider:costs', 'platform', c.currency);
  v_clearing := ledger_account('provider:clearing', 'platform', c.currency);
  perform ledger_book(array[ledger_transfer('posted', ledger_uuid('transfer', 'reconciliation-case', c.id::text, c.case_number::text, 'fee'),
    case when v_more > 0 then v_costs else v_clearing end, case when v_more > 0 then v_clearing else v_costs end, abs(v_more), c.currency,
    'payout.fee.corrected', i.subject_id::text)]);
  return v_fee;
end $$;

-- Whether our intent says by now what the provider says; then its truth has been adopted.
create or replace function reconciliation_case_agrees(p jsonb) returns jsonb language sql stable as $$
  select jsonb_build_object('agrees', case
      when c.kind = 'amount_differs' then i.state in ('SUCCEEDED', 'REVERSED')
        and (i.amount_minor, i.fee_minor, i.currency) = ((c.theirs ->> 'amountMinor')::bigint, (c.theirs ->> 'feeMinor')::bigint, c.currency)
      when c.kind <> 'state_differs' then false
      when c.theirs ->> 'kind' = 'reversal' then i.state = 'REVERSED' else i.state in ('SUCCEEDED', 'REVERSED') end,
    'intentState', i.state)
  from reconciliation_cases c left join provider_intents i on i.intent_id = c.intent_id where c.id = (p ->> 'caseId')::uuid
$$;

create or replace function reconciliation_case_answer(c reconciliation_cases) returns jsonb language sql immutable as $$
  select jsonb_build_object('caseId', c.id, 'reconciliationId', c.reconciliation_id, 'provider', c.provider, 'date', c.business_date, 'kind', c.kind,
    'reference', c.reference, 'intentId', c.intent_id, 'subjectType', c.subject_type, 'subjectId', c.subject_id, 'currency', c.currency,
    'ours', c.ours, 'theirs', c.theirs, 'differenceMinor', c.difference_minor::text, 'state', c.state, 'caseNumber', c.case_number,
    'assignee', c.assignee, 'resolution', c.resolution, 'reason', c.reason, 'resolvedBy', c.resolved_by, 'createdAt', c.created_at)
$$;
