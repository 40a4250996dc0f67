-- What may be reversed by hand: bookings by hand, which no row of the business repeats. Everything else has its state
-- elsewhere (a redemption, a settlement, a withdrawal …), and is taken back by the command of that state.
create or replace function ledger_reversible_by_hand(p_code text) returns boolean language sql immutable as $$
  select p_code like 'adjustment.%' or p_code like 'reconciliation.%'
$$;

-- The line that takes a posted transfer back: its sides swapped, naming it. Once: the ledger refuses another one.
create or replace function ledger_reversal(p_id uuid, p_transfer_id uuid, p_code text, p_reference_id text, p_effective_at timestamptz default null)
returns ledger_line language plpgsql as $$
declare
  t ledger_transfers;
begin
  select * into t from ledger_transfers where id = p_transfer_id;
  if not found or t.kind = 'tombstone' then
    perform refuse('ledger_transfer_unknown', 'There is no such transfer.', jsonb_build_object('on', p_transfer_id));
  elsif t.kind not in ('posted', 'post') then
    perform refuse('ledger_transfer_not_posted', 'Only what is posted can be reversed.', jsonb_build_object('on', t.id, 'kind', t.kind));
  end if;
  return row(p_id, 'posted', t.credit_account_id, t.debit_account_id, t.amount_minor, t.currency, null, p_code, p_reference_id,
             t.id, p_effective_at)::ledger_line;
end $$;

-- Reverses a booking by hand. Repeated with the same id it returns the first result.
create or replace function reverse_transfer(p jsonb) returns jsonb language plpgsql set enable_seqscan = off as $$
declare
  v_id uuid := (p ->> 'reversalId')::uuid;
  t ledger_transfers;
  l ledger_line;
begin
  select * into t from ledger_transfers where id = (p ->> 'transferId')::uuid;
  l := ledger_reversal(v_id, (p ->> 'transferId')::uuid, t.code || '.reversal', t.reference_id,
                       case when (p ->> 'backdated')::boolean then t.effective_at end);
  if not ledger_reversible_by_hand(t.code) or t.corrects_id is not null then
    perform refuse('ledger_transfer_not_reversible', 'This transfer belongs to a process: take that back instead.',
      jsonb_build_object('on', t.id, 'code', t.code));
  end if;
  if ledger_book(array[l]) then
    perform append_event('ledger_transfer', t.id, 'ledger.transfer.reversed', jsonb_build_object('reversalId', v_id, 'code', t.code,
      'currency', t.currency, 'amountMinor', t.amount_minor::text, 'reason', p ->> 'reason'), p);
  end if;
  return jsonb_build_object('transferId', t.id, 'reversalId', v_id, 'currency', t.currency, 'amountMinor', t.amount_minor::text, 'code', l.code);
end $$;
