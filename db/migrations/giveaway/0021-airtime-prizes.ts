import type { Knex } from 'knex';

/** Airtime is a card that tops up a phone: it has its merchant, item and card as a gift card has. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
do $$
declare
  v record;
begin
  for v in
    select conrelid::regclass as relation, conname from pg_constraint
    where contype = 'c' and conrelid in ('giveaway_prizes'::regclass, 'giveaway_prize_groups'::regclass)
      and pg_get_constraintdef(oid) like '%kind%'
  loop
    execute format('alter table %s drop constraint %I', v.relation, v.conname);
  end loop;
end $$;
alter table giveaway_prize_groups
  add constraint giveaway_prize_groups_kind check (kind in ('gift_card', 'airtime', 'physical'));
alter table giveaway_prizes
  add constraint giveaway_prizes_kind check (kind in ('gift_card', 'airtime', 'physical')),
  add constraint giveaway_prizes_card check ((kind = 'physical') = (card_id is null)),
  add constraint giveaway_prizes_merchant check ((kind = 'physical') = (merchant_id is null)),
  add constraint giveaway_prizes_item check ((kind = 'physical') = (catalogue_item_id is null));
`);
}
