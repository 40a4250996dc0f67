import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
alter table giveaways
  -- No entry is taken meanwhile; the deadline stays.
  add column paused_at timestamptz,
  -- What entrants were told before the deadline was moved: an extension is measured from here.
  add column promised_closes_at timestamptz;

-- The official rules as they were, from the first change after the opening on: the first version is the one of the opening.
create table giveaway_rules_versions (
  giveaway_id uuid not null references giveaways,
  version int not null check (version > 0),
  rules_text text not null,
  -- What differs from the version before.
  changed text[] not null,
  -- What the host says about it.
  notice text not null,
  changed_by text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (giveaway_id, version)
);
`);
}
