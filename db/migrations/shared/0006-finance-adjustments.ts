import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Bookings by hand: one person of finance asks, another one approves, and only then the ledger moves.
create table finance_adjustments (
  id uuid primary key,
  kind text not null check (kind in ('receivable_write_off', 'reconciliation_loss')),
  -- Of a receivable: who owes it.
  debtor_type text check (debtor_type in ('merchant:receivable', 'host:receivable')),
  debtor_id uuid,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  reason text not null,
  state text not null default 'REQUESTED' check (state in ('REQUESTED', 'BOOKED', 'REJECTED')),
  requested_by text not null,
  decided_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((kind = 'receivable_write_off') = (debtor_type is not null)),
  check ((debtor_type is null) = (debtor_id is null)),
  check ((state = 'REQUESTED') = (decided_by is null)),
  constraint finance_adjustments_two_people check (state <> 'BOOKED' or decided_by <> requested_by)
);
create index finance_adjustments_newest on finance_adjustments (created_at desc, id);
`);
}
