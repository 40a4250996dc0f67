import type { Knex } from 'knex';

/** What the owner sweep asks for. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create index wallet_fundings_open on wallet_fundings (updated_at, id) where state in ('PENDING', 'NEEDS_ATTENTION');
create index wallet_holds_open on wallet_holds (updated_at, id) where state = 'HELD';

-- Of a dispute that has ended: since when the host's escrow in the other domain is free again.
alter table wallet_disputes add column unfrozen_at timestamptz;
create index wallet_disputes_unended on wallet_disputes (updated_at, id) where unfrozen_at is null;

-- Of a cancelled giveaway: since when its prizes are on their way back.
alter table giveaways add column prizes_released_at timestamptz;
create index giveaways_unended on giveaways (updated_at, id)
  where state in ('FUNDING', 'SCHEDULED', 'OPEN', 'CLOSED', 'DRAWING', 'DRAWN', 'FULFILLING')
    or state = 'CANCELLED' and published_at is not null and prizes_released_at is null;

-- Who carries the claim through.
alter table giveaway_awards add column claim_workflow_id text;
create index giveaway_awards_claimed on giveaway_awards (updated_at, id) where state in ('CLAIMED', 'VERIFIED', 'FULFILLING');
`);
}
