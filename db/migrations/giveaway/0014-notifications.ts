import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- What somebody is told by mail. No address and no text: they are looked up and written when it is sent.
create table notifications (
  id uuid primary key,
  kind text not null check (kind in ('award_won', 'prize_shipped', 'rules_changed')),
  user_id uuid not null,
  giveaway_id uuid not null references giveaways,
  award_id uuid references giveaway_awards,
  state text not null default 'QUEUED' check (state in ('QUEUED', 'ACCEPTED', 'FAILED', 'DROPPED')),
  -- Rises with every attempt: an answer to an earlier one is late.
  attempt int not null default 0,
  due_at timestamptz default clock_timestamp(),
  accepted_at timestamptz,
  problem text,
  created_at timestamptz not null default now(),
  check ((state = 'QUEUED') = (due_at is not null)),
  check ((state = 'ACCEPTED') = (accepted_at is not null))
);
create index notifications_due on notifications (due_at, id) where due_at is not null;
create unique index notifications_of_award on notifications (award_id, kind) where award_id is not null;
create index notifications_of_giveaway on notifications (giveaway_id, state);
`);
}
