import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- While one is not lifted, no card of the host in that currency can be assigned: neither those that lie in escrow, nor
-- those that are on their way into it. Whoever has a card already keeps it.
create table host_escrow_freezes (
  -- Whatever it is about, e.g. the disputed charge.
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  reason text not null,
  -- What was not assigned at that moment.
  card_count int not null,
  amount_minor bigint not null,
  created_at timestamptz not null default now(),
  lifted_at timestamptz
);
create index host_escrow_freezes_active on host_escrow_freezes (host_id, currency) where lifted_at is null;
`);
}
