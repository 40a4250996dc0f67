import type { Knex } from 'knex';

/** An entry remembers the request that made it: its id follows from the request's key, and this from what was asked. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table giveaway_entries add column request_hash bytea');
}
