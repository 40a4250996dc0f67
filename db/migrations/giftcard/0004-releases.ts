import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Value that goes back to the host who paid for it: of one host and currency, at most 500 cards, one clearing transfer.
create table escrow_releases (
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  giveaway_id uuid,
  reason text not null check (reason in ('cancelled', 'unassigned', 'expired')),
  card_count int not null default 0,
  -- What goes back in cash, and the share of the funding fee that goes back with it.
  cash_minor bigint not null default 0 check (cash_minor >= 0),
  fee_minor bigint not null default 0 check (fee_minor >= 0),
  state text not null default 'RELEASING' check (state in ('RELEASING', 'RELEASED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index escrow_releases_host on escrow_releases (host_id, created_at desc, id);
create index escrow_releases_open on escrow_releases (updated_at, id) where state = 'RELEASING';
create trigger escrow_releases_final before update on escrow_releases
  for each row execute function giftcard_state_is_final('RELEASED');
`);
}
