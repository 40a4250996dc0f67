import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- One row for each instant win that has opened: attempts are numbered under its lock.
create table giveaway_instant_wins (
  giveaway_id uuid primary key references giveaways,
  -- The deadline as it was at the opening: moments of time slots lie before it.
  closes_at timestamptz not null,
  attempt_count int not null default 0,
  last_attempt_at timestamptz not null
);

-- A prize unit that can be won, and the attempt that has won it: what decides, whatever anything else says.
create table giveaway_instant_slots (
  giveaway_id uuid not null references giveaway_instant_wins,
  position int not null check (position > 0),
  unit_id uuid not null unique references giveaway_prizes,
  -- From when on it can be won; null: from the opening on. Whoever reads it before knows more than the players.
  due_at timestamptz,
  attempt int,
  primary key (giveaway_id, position),
  unique (giveaway_id, attempt)
);
create index giveaway_instant_slots_open on giveaway_instant_slots (giveaway_id, due_at nulls first, position) where attempt is null;

-- Numbered from 1 without gaps. An entry is one attempt, once.
create table giveaway_instant_attempts (
  giveaway_id uuid not null references giveaway_instant_wins,
  number int not null check (number > 0),
  entry_id uuid not null unique,
  participant_id uuid not null,
  client_nonce bytea not null check (length(client_nonce) = 32),
  received_at timestamptz not null,
  unit_id uuid unique,
  primary key (giveaway_id, number)
);
create index giveaway_instant_winners on giveaway_instant_attempts (giveaway_id, participant_id) where unit_id is not null;
create trigger giveaway_instant_attempts_append_only before update or delete or truncate on giveaway_instant_attempts
  for each statement execute function refuse_change();
`);
}
