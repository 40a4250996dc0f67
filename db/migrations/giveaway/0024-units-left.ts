import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Counted down under the lock that numbers attempts: to count the slots anew would cost every batch of attempts the more,
-- the more there is to win.
alter table giveaway_instant_wins add column units_left int check (units_left >= 0);
update giveaway_instant_wins w set units_left =
  (select count(*) from giveaway_instant_slots s where s.giveaway_id = w.giveaway_id and s.attempt is null);
alter table giveaway_instant_wins alter column units_left set not null;
`);
}
