import type { Knex } from 'knex';

/** Old keys are forgotten, the oldest first. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('create index idempotency_keys_claimed on idempotency_keys (claimed_at)');
}
