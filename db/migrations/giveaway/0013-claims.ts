import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- The window begins when the first notification is accepted: until then it has no end.
alter table giveaway_awards
  alter column claim_expires_at drop not null,
  add column notified_at timestamptz,
  add column verified_at timestamptz,
  -- Of a verified one whose card was refused: when it is tried again.
  add column fulfil_after timestamptz;
create index giveaway_awards_unnotified on giveaway_awards (created_at, id) where state = 'NOTIFIED' and notified_at is null;
create index giveaway_awards_by_prize on giveaway_awards (prize_id, updated_at desc);
create index giveaway_awards_verified on giveaway_awards (verified_at, id) where state = 'VERIFIED';
create index giveaways_fulfilling on giveaways (id) where state = 'FULFILLING';

-- Somebody else may find that there is nothing in it.
alter table giveaway_disqualifications
  add column rejected_by text,
  add column rejected_at timestamptz,
  add check (rejected_by <> requested_by),
  add check ((rejected_by is null) = (rejected_at is null)),
  add check (approved_by is null or rejected_by is null);
`);
}
