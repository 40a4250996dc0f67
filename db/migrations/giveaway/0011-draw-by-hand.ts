import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- When the host asked for the draw by hand; the first time stands.
alter table giveaways add column draw_requested_at timestamptz;
`);
}
