import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Of somebody who is erased: when the giftcard domain had forgotten them as well.
alter table users add column holder_forgotten_at timestamptz;
create index users_to_forget on users (id) where erased_at is not null and holder_forgotten_at is null;
`);
}
