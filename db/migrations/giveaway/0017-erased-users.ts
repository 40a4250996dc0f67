import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- What is left of somebody who is erased: an id that books and proofs may name, and nothing that says whose it was.
alter table users add column erased_at timestamptz;
`);
}
