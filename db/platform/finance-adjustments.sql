-- Asks for a booking by hand; nothing moves until another person approves it.
create or replace function request_adjustment(p jsonb) returns jsonb language plpgsql as $$
declare
  a finance_adjustments;
begin
  insert into finance_adjustments (id, kind, debtor_type, debtor_id, currency, amount_minor, reason, requested_by)
  values ((p ->> 'adjustmentId')::uuid, p ->> 'kind', p ->> 'debtorType', (p ->> 'debtorId')::uuid, p ->> 'currency',
    (p ->> 'amountMinor')::bigint, p ->> 'reason', p ->> 'actor')
  on conflict (id) do nothing;
  select * into strict a from finance_adjustments where id = (p ->> 'adjustmentId')::uuid;
  return adjustment_answer(a);
end $$;

-- The second person's word. An approval books: a debt that is given up, or money that the provider does not have, is
-- our loss. A debt cannot be written off beyond what is owed: the ledger says so.
create or replace function decide_adjustment(p jsonb) returns jsonb language plpgsql as $$
declare
  a finance_adjustments;
  v_approve boolean := (p ->> 'approve')::boolean;
begin
  select * into a from finance_adjustments where id = (p ->> 'adjustmentId')::uuid for no key update;
  if not found then perform refuse('adjustment_not_found', 'There is no such adjustment.'); end if;
  if a.state <> 'REQUESTED' then
    if (a.state = 'BOOKED') = v_approve and a.decided_by = p ->> 'actor' then return adjustment_answer(a); end if;
    perform refuse('adjustment_decided', format('The adjustment is %s.', lower(a.state)), jsonb_build_object('adjustmentId', a.id));
  end if;
  if v_approve and a.requested_by = p ->> 'actor' then
    perform refuse('second_person_missing', 'Whoever asked for it cannot approve it.', jsonb_build_object('adjustmentId', a.id));
  end if;
  update finance_adjustments set state = case when v_approve then 'BOOKED' else 'REJECTED' end, decided_by = p ->> 'actor', updated_at = now()
  where id = a.id returning * into a;
  perform append_event('finance_adjustment', a.id, 'finance.adjustment.' || lower(a.state), adjustment_answer(a), p);
  if v_approve then
    perform ledger_book(array[ledger_transfer('posted', ledger_uuid('transfer', 'adjustment', a.id::text),
      ledger_account('platform:losses', 'platform', a.currency),
      case a.kind when 'receivable_write_off' then ledger_account(a.debtor_type, a.debtor_id::text, a.currency)
        else ledger_account('provider:clearing', 'platform', a.currency) end,
      a.amount_minor, a.currency, case a.kind when 'receivable_write_off' then 'adjustment.write-off' else 'reconciliation.loss' end,
      a.id::text)]);
  end if;
  return adjustment_answer(a);
end $$;

create or replace function adjustment_answer(a finance_adjustments) returns jsonb language sql immutable as $$
  select jsonb_build_object('adjustmentId', a.id, 'kind', a.kind, 'debtorType', a.debtor_type, 'debtorId', a.debtor_id, 'currency', a.currency,
    'amountMinor', a.amount_minor::text, 'reason', a.reason, 'state', a.state, 'requestedBy', a.requested_by, 'decidedBy', a.decided_by,
    'transferId', case a.state when 'BOOKED' then ledger_uuid('transfer', 'adjustment', a.id::text) end, 'createdAt', a.created_at)
$$;
