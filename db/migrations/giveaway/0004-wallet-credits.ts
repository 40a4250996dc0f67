import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- What came back to a wallet from the giftcard domain; the id is the release's.
create table wallet_credits (
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  cash_minor bigint not null check (cash_minor >= 0),
  fee_minor bigint not null check (fee_minor >= 0),
  reason text not null,
  giveaway_id uuid,
  created_at timestamptz not null default now()
);
create index wallet_credits_host on wallet_credits (host_id, created_at desc, id);
`);
}
