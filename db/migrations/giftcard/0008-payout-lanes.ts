import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Payouts of a currency wait while the pooled account is short of it: nothing is parked, and they go on by themselves.
create table payout_lanes (
  currency text primary key,
  paused_at timestamptz,
  waiting_settlement_id uuid,
  resumed_at timestamptz
);
`);
}
