import type { Knex } from 'knex';

/**
 * Double entry in TigerBeetle's vocabulary: accounts, and transfers that are posted, or pending and then posted or
 * voided once. The rules that must hold whatever the code does are constraints here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(TABLES);
  await knex.raw(ACCOUNT_TYPES);
  await knex.raw(APPEND_ONLY);
  await knex.raw(APPLY_TRANSFERS);
}

const TABLES = `
create table ledger_account_types (
  type text primary key,
  normal_side text not null check (normal_side in ('debit', 'credit')),
  non_negative boolean not null,
  -- Locks are taken in the order of (hotness, id): the account everybody waits for is held for the shortest time.
  hotness smallint not null
);

create table ledger_accounts (
  id uuid primary key,
  type text not null references ledger_account_types,
  owner_id text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  normal_side text not null,
  non_negative boolean not null,
  hotness smallint not null,
  debits_pending bigint not null default 0 check (debits_pending >= 0),
  debits_posted bigint not null default 0 check (debits_posted >= 0),
  credits_pending bigint not null default 0 check (credits_pending >= 0),
  credits_posted bigint not null default 0 check (credits_posted >= 0),
  created_at timestamptz not null default now(),
  unique (type, owner_id, currency),
  -- What is pending out is spoken for; what is pending in is not yet there.
  constraint ledger_accounts_non_negative check (
    not non_negative
    or (normal_side = 'credit' and debits_posted + debits_pending <= credits_posted)
    or (normal_side = 'debit' and credits_posted + credits_pending <= debits_posted)
  )
) with (fillfactor = 50);

-- No foreign keys to accounts: a reference to a hot row turns its update into a queue of shared locks. The function
-- below is the only writer and has locked the accounts it names.
create table ledger_transfers (
  id uuid primary key,
  kind text not null check (kind in ('posted', 'pending', 'post', 'void', 'tombstone')),
  input_hash bytea not null,
  debit_account_id uuid,
  credit_account_id uuid,
  amount_minor bigint not null,
  currency text,
  pending_id uuid,
  code text not null,
  reference_id text not null,
  corrects_id uuid,
  effective_at timestamptz not null default now(),
  created_at timestamptz not null default clock_timestamp(),
  constraint ledger_transfers_shape check (
    kind = 'tombstone' and amount_minor = 0 and debit_account_id is null and credit_account_id is null
    or kind <> 'tombstone' and amount_minor > 0 and debit_account_id is not null and credit_account_id is not null
      and debit_account_id <> credit_account_id and currency is not null
  ),
  constraint ledger_transfers_resolution check ((kind in ('post', 'void')) = (pending_id is not null))
);
-- A pending transfer is posted or voided once.
create unique index ledger_transfers_resolved_once on ledger_transfers (pending_id) where pending_id is not null;
create index ledger_transfers_debit on ledger_transfers (debit_account_id, created_at);
create index ledger_transfers_credit on ledger_transfers (credit_account_id, created_at);
create index ledger_transfers_reference on ledger_transfers (reference_id);
`;

const ACCOUNT_TYPES = `
insert into ledger_account_types (type, normal_side, non_negative, hotness) values
  ('host:wallet',         'credit', true,  1),
  ('escrow',              'credit', true,  0),
  ('merchant:payable',    'credit', true,  3),
  ('clearing:giftcard',   'credit', true,  5),
  ('clearing:giveaway',   'debit',  true,  5),
  ('fees:funding',        'debit',  true,  1),
  ('platform:fees',       'credit', false, 6),
  ('provider:clearing',   'debit',  false, 7),
  ('provider:costs',      'debit',  false, 6),
  ('platform:losses',     'debit',  false, 6),
  ('merchant:receivable', 'debit',  true,  2),
  ('host:receivable',     'debit',  true,  2),
  ('unclaimed',           'credit', true,  4);
`;

const APPEND_ONLY = `
create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'HS002', message = format('%s is append-only', tg_table_name);
end $$;
create trigger ledger_transfers_append_only before update or delete or truncate on ledger_transfers
  for each statement execute function refuse_change();
`;

/**
 * ledger_apply(accounts, transfers): opens what is missing, locks in order, checks, writes; all or nothing.
 * Returns true when it wrote and false when all of it stood there already with the same inputs.
 * Refusals are raised with SQLSTATE HS001 and the error code as message.
 */
const APPLY_TRANSFERS = `
create type ledger_transfer_input as (
  id uuid, kind text, "inputHash" text, "debitAccountId" uuid, "creditAccountId" uuid, "amountMinor" bigint,
  currency text, "pendingId" uuid, code text, "referenceId" text, "correctsId" uuid
);
create type ledger_account_input as (id uuid, type text, "ownerId" text, currency text);

create function ledger_refuse(code text, detail text) returns void language plpgsql as $$
begin
  raise exception using errcode = 'HS001', message = code, detail = detail;
end $$;

create function ledger_apply(p_accounts jsonb, p_transfers jsonb) returns boolean language plpgsql as $$
declare
  v_input ledger_transfer_input[];
  v_known int;
  v_same int;
  v_one record;
  v_void_unknown uuid[];
begin
  insert into ledger_accounts (id, type, owner_id, currency, normal_side, non_negative, hotness)
  select a.id, a.type, a."ownerId", a.currency, t.normal_side, t.non_negative, t.hotness
  from jsonb_populate_recordset(null::ledger_account_input, p_accounts) a
  join ledger_account_types t using (type)
  where not exists (select from ledger_accounts e where e.id = a.id)
  order by a.id
  on conflict do nothing;

  v_input := array(select i from jsonb_populate_recordset(null::ledger_transfer_input, p_transfers) i);

  perform 1 from ledger_accounts
  where id in (
    select unnest(array[i."debitAccountId", i."creditAccountId"]) from unnest(v_input) i where i."pendingId" is null
    union
    select unnest(array[p.debit_account_id, p.credit_account_id]) from unnest(v_input) i
    join ledger_transfers p on p.id = i."pendingId"
  )
  order by hotness, id
  for no key update;

  -- Only now: whoever came first with the same ids has committed, and is seen.
  select count(*), count(*) filter (where t.kind <> 'tombstone' and t.input_hash = decode(i."inputHash", 'hex'))
  into v_known, v_same
  from unnest(v_input) i join ledger_transfers t on t.id = i.id;
  if v_known > 0 then
    if v_same = cardinality(v_input) then return false; end if;
    select i.id, t.kind into v_one from unnest(v_input) i join ledger_transfers t on t.id = i.id
    order by (t.kind = 'tombstone') desc limit 1;
    perform ledger_refuse(
      case when v_one.kind = 'tombstone' then 'ledger_transfer_voided' else 'ledger_transfer_conflict' end, v_one.id::text);
  end if;

  for v_one in
    select i.id, i.kind, i."pendingId" as pending_id, p.kind as pending_kind, r.id as resolved_by, r.kind as resolved_kind
    from unnest(v_input) i
    left join ledger_transfers p on p.id = i."pendingId"
    left join ledger_transfers r on r.pending_id = i."pendingId"
    where i.kind in ('post', 'void')
  loop
    if v_one.pending_kind is null and v_one.kind = 'void' then
      v_void_unknown := v_void_unknown || v_one.pending_id;
    elsif v_one.pending_kind = 'tombstone' and v_one.kind = 'void' then
      v_void_unknown := v_void_unknown || v_one.pending_id;
    elsif v_one.pending_kind is distinct from 'pending' then
      perform ledger_refuse('ledger_transfer_unknown', v_one.pending_id::text);
    elsif v_one.resolved_by is not null then
      perform ledger_refuse(
        case v_one.resolved_kind when 'void' then 'ledger_transfer_voided' else 'ledger_transfer_already_resolved' end,
        v_one.pending_id::text);
    end if;
  end loop;

  -- Undoing what never happened leaves a mark, so that a late attempt to do it is refused.
  insert into ledger_transfers (id, kind, input_hash, amount_minor, code, reference_id)
  select i."pendingId", 'tombstone', decode(i."inputHash", 'hex'), 0, i.code, i."referenceId"
  from unnest(v_input) i
  where i."pendingId" = any (v_void_unknown)
  on conflict (id) do nothing;
  -- What we took for unknown may have come in between: then there is something to void, and the caller tries again.
  if exists (select from ledger_transfers t where t.id = any (v_void_unknown) and t.kind <> 'tombstone') then
    raise exception using errcode = 'serialization_failure', message = 'the transfer came while it was being voided';
  end if;

  insert into ledger_transfers (id, kind, input_hash, debit_account_id, credit_account_id, amount_minor, currency,
                                pending_id, code, reference_id, corrects_id)
  select i.id, i.kind, decode(i."inputHash", 'hex'),
         coalesce(p.debit_account_id, i."debitAccountId"), coalesce(p.credit_account_id, i."creditAccountId"),
         coalesce(p.amount_minor, i."amountMinor"), coalesce(p.currency, i.currency),
         i."pendingId", i.code, i."referenceId", i."correctsId"
  from unnest(v_input) i
  left join ledger_transfers p on p.id = i."pendingId"
  where i."pendingId" is null or v_void_unknown is null or not i."pendingId" = any (v_void_unknown);

  update ledger_accounts a set
    debits_pending = a.debits_pending + d.debits_pending, debits_posted = a.debits_posted + d.debits_posted,
    credits_pending = a.credits_pending + d.credits_pending, credits_posted = a.credits_posted + d.credits_posted
  from (
    select e.account_id,
      sum(case when side = 'debit' then pending else 0 end)::bigint as debits_pending,
      sum(case when side = 'debit' then posted else 0 end)::bigint as debits_posted,
      sum(case when side = 'credit' then pending else 0 end)::bigint as credits_pending,
      sum(case when side = 'credit' then posted else 0 end)::bigint as credits_posted
    from unnest(v_input) i
    join ledger_transfers t on t.id = i.id
    cross join lateral (values ('debit', t.debit_account_id), ('credit', t.credit_account_id)) e(side, account_id)
    cross join lateral (select
      case t.kind when 'pending' then t.amount_minor when 'posted' then 0 else -t.amount_minor end as pending,
      case when t.kind in ('posted', 'post') then t.amount_minor else 0 end as posted) v
    group by e.account_id
  ) d
  where a.id = d.account_id;

  -- A transfer between accounts of different currencies, or to one that was never opened, must not half apply.
  select t.id into v_one from unnest(v_input) i join ledger_transfers t on t.id = i.id
  where (select count(*) from ledger_accounts a
         where a.id in (t.debit_account_id, t.credit_account_id) and a.currency = t.currency) <> 2 limit 1;
  if found then perform ledger_refuse('ledger_account_unknown', v_one.id::text); end if;
  return true;
end $$;
`;
