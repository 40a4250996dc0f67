import type { Knex } from 'knex';

/** What of a giveaway is still open, and whose window ends next, without a look at what has ended. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create index giveaway_awards_open on giveaway_awards (giveaway_id)
  where state in ('NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLING');
create index giveaway_awards_next_window on giveaway_awards (giveaway_id, claim_expires_at) where state = 'NOTIFIED';
`);
}
