-- What takes two people: the first asks, another one approves. The same person again changes nothing.
create or replace function second_decision(p jsonb) returns jsonb language plpgsql as $$
declare
  d decisions;
begin
  insert into decisions (id, subject_type, subject_id, case_number, kind, reason, requested_by)
  values ((p ->> 'decisionId')::uuid, p ->> 'subjectType', (p ->> 'subjectId')::uuid, (p ->> 'caseNumber')::int, p ->> 'kind', p ->> 'reason', p ->> 'actor')
  -- Of either key: a request that is repeated at once has the same id, and asks for the same.
  on conflict do nothing;
  select * into strict d from decisions where subject_type = p ->> 'subjectType' and subject_id = (p ->> 'subjectId')::uuid
    and case_number = (p ->> 'caseNumber')::int and kind = p ->> 'kind' for no key update;
  if d.approved_by is null and d.requested_by <> p ->> 'actor' then
    update decisions set approved_by = p ->> 'actor', approved_at = now() where id = d.id returning * into d;
    perform append_event('decision', d.id, 'decision.approved', jsonb_build_object('subjectType', d.subject_type, 'subjectId', d.subject_id,
      'caseNumber', d.case_number, 'kind', d.kind, 'requestedBy', d.requested_by, 'reason', p ->> 'reason'), p);
  end if;
  return jsonb_build_object('approved', d.approved_by is not null, 'requestedBy', d.requested_by, 'approvedBy', d.approved_by);
end $$;
