import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- A prize with its quota: so many units of the same worth. Its position is its rank among the prizes.
create table giveaway_prize_groups (
  id uuid primary key,
  giveaway_id uuid not null references giveaways,
  position int not null check (position > 0),
  name text not null,
  unique (giveaway_id, position)
);
insert into giveaway_prize_groups (id, giveaway_id, position, name)
select id, giveaway_id, position, 'Gift card' from giveaway_prizes;
alter table giveaway_prizes add column group_id uuid references giveaway_prize_groups;
update giveaway_prizes set group_id = id;
alter table giveaway_prizes alter column group_id set not null;
`);
}
