import type { Knex } from 'knex';

/**
 * Double entry in TigerBeetle's vocabulary: accounts, and transfers that are posted, or pending and then posted or
 * voided once. The rules that must hold whatever the code does are constraints here.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(TABLES);
  await knex.raw(ACCOUNT_TYPES);
  await knex.raw(APPEND_ONLY);
  await knex.raw(TYPES);
}

const TABLES = `
create table ledger_account_types (
  type text primary key,
  normal_side text not null check (normal_side in ('debit', 'credit')),
  non_negative boolean not null,
  -- Locks are taken in the order of (hotness, id): the account everybody waits for is held for the shortest time. From 3
  -- on, what cannot overdraw the account is written beside it, without a lock, and added up later.
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

-- Movements of accounts that many share, not yet added to their rows: writing one waits for nobody.
create table ledger_account_deltas (
  account_id uuid not null,
  debits_pending bigint not null,
  debits_posted bigint not null,
  credits_pending bigint not null,
  credits_posted bigint not null
);
create index ledger_account_deltas_account on ledger_account_deltas (account_id);

-- What every reader takes for the accounts: their rows and what is written beside them.
create view ledger_balances as
select a.id, a.type, a.owner_id, a.currency, a.normal_side, a.non_negative, a.hotness, a.created_at,
  a.debits_pending + coalesce(d.debits_pending, 0) as debits_pending, a.debits_posted + coalesce(d.debits_posted, 0) as debits_posted,
  a.credits_pending + coalesce(d.credits_pending, 0) as credits_pending, a.credits_posted + coalesce(d.credits_posted, 0) as credits_posted
from ledger_accounts a
left join lateral (select sum(debits_pending)::bigint as debits_pending, sum(debits_posted)::bigint as debits_posted,
  sum(credits_pending)::bigint as credits_pending, sum(credits_posted)::bigint as credits_posted
  from ledger_account_deltas d where d.account_id = a.id) d on true;

-- No foreign keys to accounts: a reference to a hot row turns its update into a queue of shared locks. The function
-- below is the only writer and has locked the accounts it names.
create table ledger_transfers (
  id uuid primary key,
  kind text not null check (kind in ('posted', 'pending', 'post', 'void', 'tombstone')),
  debit_account_id uuid,
  credit_account_id uuid,
  amount_minor bigint not null,
  currency text,
  pending_id uuid,
  code text not null,
  reference_id text not null,
  corrects_id uuid,
  -- When it counts from; a correction of the past names the past.
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
-- Statements and balances at a time are read along these.
create index ledger_transfers_debit on ledger_transfers (debit_account_id, effective_at, id);
create index ledger_transfers_credit on ledger_transfers (credit_account_id, effective_at, id);
-- A transfer is reversed once.
create unique index ledger_transfers_reversed_once on ledger_transfers (corrects_id) where corrects_id is not null;
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
 * What `ledger_book` takes, and how a rule of ours refuses from inside the database. The functions themselves lie
 * beside their callers (`db/ledger/*.sql`).
 */
const TYPES = `
create type ledger_line as (
  id uuid, kind text, debit_account_id uuid, credit_account_id uuid, amount_minor bigint, currency text,
  pending_id uuid, code text, reference_id text, corrects_id uuid, effective_at timestamptz
);
-- What a set of lines does to an account, and whether it can be written beside the account's row.
create type ledger_move as (
  account_id uuid, debits_pending bigint, debits_posted bigint, credits_pending bigint, credits_posted bigint, beside boolean
);
`;
