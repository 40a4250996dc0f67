import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(TABLES);
  await knex.raw(AWARD_STATES);
}

const TABLES = `
create table giveaways (
  id uuid primary key,
  host_id uuid not null,
  title text not null,
  description text not null default '',
  state text not null default 'DRAFT' check (state in ('DRAFT', 'FUNDING', 'FUNDING_FAILED', 'SCHEDULED', 'OPEN', 'CLOSED',
    'DRAWING', 'DRAWN', 'FULFILLING', 'COMPLETED', 'CANCELLED')),
  currency text not null,
  opens_at timestamptz,
  closes_at timestamptz not null,
  claim_window_ms bigint not null check (claim_window_ms > 0),
  rules jsonb not null,
  -- The publish that owns this giveaway's money; set with FUNDING.
  publish_id uuid,
  -- Since when anybody may see it: it was paid for then.
  published_at timestamptz,
  failure_code text,
  opened_at timestamptz,
  closed_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (opens_at is null or opens_at < closes_at)
);
create index giveaways_host on giveaways (host_id, created_at desc, id);
create index giveaways_public on giveaways (created_at desc, id) where published_at is not null;

-- A prize unit: the escrow belongs to it, not to whoever wins it.
create table giveaway_prizes (
  id uuid primary key,
  giveaway_id uuid not null references giveaways,
  position int not null check (position > 0),
  merchant_id uuid not null,
  catalogue_item_id uuid not null,
  card_id uuid not null unique,
  face_minor bigint not null check (face_minor > 0),
  currency text not null,
  unique (giveaway_id, position)
);

create table giveaway_participants (
  giveaway_id uuid not null,
  participant_id uuid not null,
  -- Deleting the salt erases the person from the proof and leaves the proof valid.
  salt bytea,
  commitment bytea not null,
  primary key (giveaway_id, participant_id),
  unique (giveaway_id, commitment)
);

-- No foreign key to giveaways: every entry of a giveaway would queue on its row.
create table giveaway_entries (
  id uuid primary key,
  giveaway_id uuid not null,
  participant_id uuid not null,
  method text not null,
  period text not null,
  weight int not null check (weight >= 0),
  reason text not null default 'eligible',
  received_at timestamptz not null default clock_timestamp(),
  constraint giveaway_entries_once unique (giveaway_id, participant_id, method, period)
);
create index giveaway_entries_by_giveaway on giveaway_entries (giveaway_id, id);

create table giveaway_draws (
  giveaway_id uuid not null references giveaways,
  draw_number int not null check (draw_number > 0),
  -- Encrypted; revealed by the proof. Its hash is published before the first entry.
  secret_sealed bytea not null,
  secret_hash bytea not null,
  rules_text text not null,
  commitment jsonb,
  signature jsonb,
  committed_at timestamptz,
  drawn_at timestamptz,
  proof jsonb,
  primary key (giveaway_id, draw_number)
);

-- Fixed once: a redraw is a promotion along it and can never be a re-roll.
create table giveaway_ranking (
  giveaway_id uuid not null,
  draw_number int not null,
  rank int not null check (rank > 0),
  participant_id uuid not null,
  primary key (giveaway_id, draw_number, rank),
  unique (giveaway_id, draw_number, participant_id)
);

create table giveaway_awards (
  id uuid primary key,
  giveaway_id uuid not null references giveaways,
  draw_number int not null,
  prize_id uuid not null references giveaway_prizes,
  rank int not null,
  participant_id uuid not null,
  state text not null default 'NOTIFIED' check (state in ('NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLING', 'FULFILLED',
    'EXPIRED', 'DECLINED', 'DISQUALIFIED')),
  reason text not null,
  claim_expires_at timestamptz not null,
  claimed_at timestamptz,
  fulfilled_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- A rank is offered one prize of a draw, once.
  unique (giveaway_id, draw_number, rank)
);
create unique index giveaway_awards_one_live_per_prize on giveaway_awards (prize_id)
  where state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED');
create index giveaway_awards_participant on giveaway_awards (participant_id, created_at desc, id);
create index giveaway_awards_due on giveaway_awards (claim_expires_at) where state = 'NOTIFIED';
`;

/** What has ended stays ended, whatever the code does. */
const AWARD_STATES = `
create function giveaway_state_is_final() returns trigger language plpgsql as $$
begin
  if old.state = any (tg_argv::text[]) and new.state is distinct from old.state then
    raise exception using errcode = 'HS002', message = format('%s %s has ended as %s', tg_table_name, old.id, old.state);
  end if;
  return new;
end $$;
create trigger giveaway_awards_final before update on giveaway_awards
  for each row execute function giveaway_state_is_final('FULFILLED', 'EXPIRED', 'DECLINED', 'DISQUALIFIED');
create trigger giveaways_final before update on giveaways
  for each row execute function giveaway_state_is_final('COMPLETED', 'CANCELLED');
`;
