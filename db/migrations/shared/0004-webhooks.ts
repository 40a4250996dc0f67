import type { Knex } from 'knex';

/** Messages of providers that were received: they may come twice, and each is passed on once. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table provider_webhooks (
  id text primary key,
  type text not null,
  reference text not null,
  received_at timestamptz not null default clock_timestamp()
);
`);
}
