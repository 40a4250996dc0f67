-- The ledger's ids, as `ledgerUuid` in account.ts makes them: RFC 9562 version 8 from SHA-256 of the names.
create or replace function ledger_uuid(variadic p_names text[]) returns uuid language sql immutable parallel safe as $$
  select encode(set_byte(set_byte(h, 6, get_byte(h, 6) & 15 | 128), 8, get_byte(h, 8) & 63 | 128), 'hex')::uuid
  from (select substr(sha256(convert_to(array_to_string(p_names, chr(31)), 'UTF8')), 1, 16) as h) d
$$;

-- The account of this type, owner and currency; it is opened by the first transfer that touches it.
create or replace function ledger_account(p_type text, p_owner text, p_currency text) returns uuid language plpgsql as $$
declare
  v_id uuid := ledger_uuid('account', p_type, p_owner, p_currency);
begin
  -- A scalar subselect: `exists` planned on an empty table would stay a full scan for the session.
  if (select a.id from ledger_accounts a where a.id = v_id) is null then
    insert into ledger_accounts (id, type, owner_id, currency, normal_side, non_negative, hotness)
    select v_id, t.type, p_owner, p_currency, t.normal_side, t.non_negative, t.hotness
    from ledger_account_types t where t.type = p_type
    on conflict do nothing;
  end if;
  return v_id;
end $$;

-- `a → b`: a transfer that is posted, or pending, as a line for ledger_book.
create or replace function ledger_transfer(
  p_kind text, p_id uuid, p_debit uuid, p_credit uuid, p_amount_minor bigint, p_currency text, p_code text,
  p_reference_id text, p_corrects_id uuid default null
) returns ledger_line language sql immutable as $$
  select row(p_id, p_kind, p_debit, p_credit, p_amount_minor, p_currency, null, p_code, p_reference_id, p_corrects_id, null)::ledger_line
$$;

-- Posts or voids a pending transfer, in full, once; the id follows from the pending one.
create or replace function ledger_resolve(p_kind text, p_pending_id uuid, p_code text, p_reference_id text)
returns ledger_line language sql immutable as $$
  select row(ledger_uuid('transfer', p_pending_id::text, p_kind), p_kind, null, null, null, null, p_pending_id, p_code,
             p_reference_id, null, null)::ledger_line
$$;

-- Books all lines or none. True when it wrote; false when all of them stood there already with the same inputs.
-- Lines of zero are left out. The rows come first, so that whoever came earlier under the same id is waited for; the
-- balances last, in the order of (hotness, id). An account that many share is not even locked where the movement cannot
-- overdraw it: the movement is written beside its row, and added up by whoever has to lock it, or by fold_accounts.
-- Never by scanning: a plan made while the tables were empty would be kept while they grow. Short statements on one row
-- each: every command pays for this function, and a statement over sets costs more to set up than a few lines cost.
create or replace function ledger_book(p_lines ledger_line[]) returns boolean language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off set plan_cache_mode = force_generic_plan as $$
declare
  v_lines ledger_line[] := p_lines;
  v_line ledger_line;
  v_resolves boolean := false;
  v_wanted int := 0;
  v_written int;
  v_move ledger_move;
begin
  foreach v_line in array v_lines loop
    v_resolves := v_resolves or v_line.pending_id is not null;
    if v_line.pending_id is not null or v_line.amount_minor <> 0 then v_wanted := v_wanted + 1; end if;
  end loop;
  if v_wanted = 0 then return false; end if;
  if v_resolves then
    -- A resolution moves what it resolves; where there is nothing pending its amount stays unknown.
    v_lines := array(
      select row(l.id, l.kind, coalesce(p.debit_account_id, l.debit_account_id), coalesce(p.credit_account_id, l.credit_account_id),
        coalesce(p.amount_minor, l.amount_minor), coalesce(p.currency, l.currency), l.pending_id, l.code, l.reference_id, l.corrects_id,
        l.effective_at)::ledger_line
      -- Here and below one look-up for each: planned while there were few, a join may read all that there are later.
      from unnest(v_lines) l left join lateral (select t.* from ledger_transfers t where t.id = l.pending_id offset 0) p on p.kind = 'pending');
  end if;

  insert into ledger_transfers (id, kind, debit_account_id, credit_account_id, amount_minor, currency, pending_id, code, reference_id,
                                corrects_id, effective_at)
  select l.id, l.kind, l.debit_account_id, l.credit_account_id, l.amount_minor, l.currency, l.pending_id, l.code, l.reference_id,
    l.corrects_id, coalesce(l.effective_at, now())
  from unnest(v_lines) l where l.amount_minor <> 0
  on conflict do nothing;
  get diagnostics v_written = row_count;
  if v_written <> v_wanted then
    v_lines := array(select l from unnest(v_lines) l where l.amount_minor is distinct from 0);
    if v_written = 0 and ledger_repeated(v_lines) then return false; end if;
    perform ledger_explain(v_lines);
    -- What is left unwritten now is the undo of what never happened: it has left its mark.
    v_lines := array(select l from unnest(v_lines) l where (select t.id from ledger_transfers t where t.id = l.id) is not null);
    if cardinality(v_lines) > v_written then
      perform refuse('ledger_transfer_conflict', 'Some of these transfers stand already, and some do not.');
    end if;
    if v_written = 0 then return true; end if;
  end if;

  for v_move in
    select m.account_id, m.dp, m.dd, m.cp, m.cd, a.hotness >= 3 and (not a.non_negative
      or case a.normal_side when 'credit' then m.dd + m.dp <= m.cd else m.cd + m.cp <= m.dd end)
    from (
      select e.account_id, min(l.currency) as currency,
        coalesce(sum(e.pending) filter (where e.side = 'debit'), 0)::bigint as dp,
        coalesce(sum(e.posted) filter (where e.side = 'debit'), 0)::bigint as dd,
        coalesce(sum(e.pending) filter (where e.side = 'credit'), 0)::bigint as cp,
        coalesce(sum(e.posted) filter (where e.side = 'credit'), 0)::bigint as cd
      from unnest(v_lines) l
      cross join lateral (select
        case l.kind when 'pending' then l.amount_minor when 'posted' then 0 else -l.amount_minor end as pending,
        case when l.kind in ('posted', 'post') then l.amount_minor else 0 end as posted) v
      cross join lateral (values ('debit', l.debit_account_id, v.pending, v.posted), ('credit', l.credit_account_id, v.pending, v.posted))
        e(side, account_id, pending, posted)
      where l.amount_minor <> 0
      group by e.account_id
    ) m
    -- Between different currencies, or to an account that was never opened, nothing may stay.
    left join lateral (
      select x.id, x.currency, x.hotness, x.non_negative, x.normal_side from ledger_accounts x where x.id = m.account_id offset 0
    ) a on a.currency = m.currency
    order by a.hotness, a.id
  loop
    if v_move.beside is null then
      perform refuse('ledger_account_unknown', 'An account of the transfer does not exist, or is in another currency.');
    elsif v_move.beside then
      insert into ledger_account_deltas (account_id, debits_pending, debits_posted, credits_pending, credits_posted)
      values (v_move.account_id, v_move.debits_pending, v_move.debits_posted, v_move.credits_pending, v_move.credits_posted);
    else
      perform ledger_move_row(v_move);
    end if;
  end loop;
  return true;
end $$;

-- Moves an account's row, with all that was written beside it. It is locked in a statement of its own: the next one sees
-- what whoever had the lock has left. (A constraint is checked on the row as the statement first saw it, and would refuse
-- on a balance that is out of date.)
create or replace function ledger_move_row(m ledger_move) returns void language plpgsql
set enable_seqscan = off set plan_cache_mode = force_generic_plan as $$
declare
  v_hotness smallint;
begin
  select a.hotness into v_hotness from ledger_accounts a where a.id = m.account_id for no key update;
  if v_hotness >= 3 then
    with gathered as (delete from ledger_account_deltas d where d.account_id = m.account_id returning d.*)
    select m.account_id, m.debits_pending + coalesce(sum(g.debits_pending), 0), m.debits_posted + coalesce(sum(g.debits_posted), 0),
      m.credits_pending + coalesce(sum(g.credits_pending), 0), m.credits_posted + coalesce(sum(g.credits_posted), 0), false
    into m from gathered g;
  end if;
  update ledger_accounts a set
    debits_pending = a.debits_pending + m.debits_pending, debits_posted = a.debits_posted + m.debits_posted,
    credits_pending = a.credits_pending + m.credits_pending, credits_posted = a.credits_posted + m.credits_posted
  where a.id = m.account_id;
end $$;

-- Whether a transfer is what a line asks for.
create or replace function ledger_is_same(t ledger_transfers, l ledger_line) returns boolean language sql immutable as $$
  select (t.kind, t.code, t.reference_id) = (l.kind, l.code, l.reference_id) and t.pending_id is not distinct from l.pending_id
    and (l.pending_id is not null or (t.debit_account_id, t.credit_account_id, t.amount_minor, t.currency)
      = (l.debit_account_id, l.credit_account_id, l.amount_minor, l.currency))
    and t.corrects_id is not distinct from l.corrects_id and t.effective_at = coalesce(l.effective_at, t.effective_at)
$$;

-- Whether all of the lines stand there already, with the same inputs; an undo of nothing stands as its mark.
create or replace function ledger_repeated(p_lines ledger_line[]) returns boolean language sql stable as $$
  select bool_and(coalesce(ledger_is_same(t, l), false) or m.id is not null)
  from unnest(p_lines) l
  left join lateral (select x.* from ledger_transfers x where x.id = l.id offset 0) t on true
  left join lateral (select x.id, x.kind from ledger_transfers x where x.id = l.pending_id offset 0) m on l.kind = 'void' and m.kind = 'tombstone'
$$;

-- Why not every line could be written. Undoing what never happened is no refusal: it leaves a mark under the id, so
-- that a late attempt to do it is refused.
create or replace function ledger_explain(p_lines ledger_line[]) returns void language plpgsql as $$
declare
  v record;
begin
  for v in
    select l.id, l.kind, l.pending_id, t.kind as standing, not ledger_is_same(t, l) as differs,
      p.kind as pending_kind, r.kind as resolved_as, r.id as resolved_by, l.code, l.reference_id, c.id as corrected_by
    from unnest(p_lines) l
    left join lateral (select x.* from ledger_transfers x where x.id = l.id offset 0) t on true
    left join lateral (select x.kind from ledger_transfers x where x.id = l.pending_id offset 0) p on true
    left join lateral (select x.id, x.kind from ledger_transfers x where x.pending_id = l.pending_id offset 0) r on true
    left join lateral (select x.id from ledger_transfers x where x.corrects_id = l.corrects_id offset 0) c on true
  loop
    if v.standing = 'tombstone' then
      perform refuse('ledger_transfer_voided', 'This transfer was undone before it came.', jsonb_build_object('on', v.id));
    elsif v.standing is not null and v.differs then
      perform refuse('ledger_transfer_conflict', 'A transfer with this id stands with other inputs.', jsonb_build_object('on', v.id));
    elsif v.corrected_by is not null and v.corrected_by <> v.id then
      perform refuse('ledger_transfer_already_reversed', 'This transfer was reversed before.', jsonb_build_object('on', v.id));
    elsif v.kind in ('post', 'void') and v.standing is null then
      if v.resolved_as = 'void' then
        perform refuse('ledger_transfer_voided', 'The pending transfer was voided.', jsonb_build_object('on', v.pending_id));
      elsif v.resolved_by is not null then
        perform refuse('ledger_transfer_already_resolved', 'The pending transfer was posted.', jsonb_build_object('on', v.pending_id));
      elsif v.kind = 'void' and coalesce(v.pending_kind, 'tombstone') = 'tombstone' then
        insert into ledger_transfers (id, kind, amount_minor, code, reference_id)
        values (v.pending_id, 'tombstone', 0, v.code, v.reference_id)
        on conflict (id) do nothing;
        -- What we took for unknown may have come in between: then there is something to void; the caller tries again.
        if (select t.kind from ledger_transfers t where t.id = v.pending_id) is distinct from 'tombstone' then
          raise exception using errcode = 'serialization_failure', message = 'the transfer came while it was being voided';
        end if;
      elsif v.pending_kind is distinct from 'pending' then
        perform refuse('ledger_transfer_unknown', 'There is no such pending transfer.', jsonb_build_object('on', v.pending_id));
      else
        raise exception using errcode = 'serialization_failure', message = 'the transfer came while it was being resolved';
      end if;
    end if;
  end loop;
end $$;
