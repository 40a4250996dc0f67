import type { Knex } from 'knex';

/** A key whose work is one command keeps the command's answer, in the command's own transaction. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('alter table idempotency_keys add column of_command boolean not null default false');
}
