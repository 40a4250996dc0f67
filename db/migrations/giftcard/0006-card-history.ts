import type { Knex } from 'knex';

/** A card's history is what names it: its own events, and those of its redemptions, refunds and settlements. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create index domain_events_card on domain_events ((payload ->> 'cardId'), position) where payload ->> 'cardId' is not null;
`);
}
