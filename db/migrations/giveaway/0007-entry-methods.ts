import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(METHODS);
  await knex.raw(VERIFICATION);
  await knex.raw(ABUSE);
}

const METHODS = `
-- What people say of themselves; asked only where a giveaway's rules need it.
alter table users add column birth_date date, add column country text check (country ~ '^[A-Z]{2}$');

-- How one may enter. A giveaway whose host names none has one: 'direct', once, with weight 1.
create table giveaway_methods (
  giveaway_id uuid not null references giveaways,
  name text not null check (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
  position int not null check (position > 0),
  kind text not null check (kind in ('direct', 'social_follow', 'social_share', 'social_comment', 'social_membership',
    'email_confirmation', 'referral', 'secret_code', 'question')),
  weight int not null check (weight between 1 and 1000),
  required boolean not null,
  period text not null check (period in ('once', 'daily', 'per_referral')),
  -- How many entries one participant may have by it; null: as many as its period allows.
  cap int check (cap > 0),
  target text,
  prompt text,
  -- A keyed hash: neither codes nor answers are kept.
  answer_hash bytea,
  primary key (giveaway_id, name),
  unique (giveaway_id, position),
  check ((kind = 'referral') = (period = 'per_referral')),
  check (not (kind = 'referral' and required)),
  check ((kind like 'social%') = (target is not null)),
  check ((kind in ('secret_code', 'question')) = (answer_hash is not null))
);

-- One row for each wrong answer, under the id of the attempt, so that a repeat counts once.
create table giveaway_wrong_answers (
  id uuid primary key,
  giveaway_id uuid not null,
  participant_id uuid not null,
  method text not null,
  received_at timestamptz not null default clock_timestamp()
);
create index giveaway_wrong_answers_by_participant on giveaway_wrong_answers (giveaway_id, participant_id, method);

create table giveaway_referral_codes (
  giveaway_id uuid not null,
  code text not null,
  participant_id uuid not null,
  primary key (giveaway_id, code),
  unique (giveaway_id, participant_id)
);

-- Somebody is referred once, with their first entry.
create table giveaway_referrals (
  giveaway_id uuid not null,
  referred_id uuid not null,
  referrer_id uuid not null,
  primary key (giveaway_id, referred_id),
  check (referred_id <> referrer_id)
);
`;

const VERIFICATION = `
-- An entry that a social network has to confirm. The verdict is the last definite one, or UNKNOWN while there is none.
create table giveaway_verifications (
  entry_id uuid primary key,
  giveaway_id uuid not null,
  account text not null,
  verdict text not null default 'UNKNOWN' check (verdict in ('PASS', 'FAIL', 'UNKNOWN')),
  evidence jsonb not null default '{}',
  -- Rises with every question: an answer to an earlier one is late, and ignored.
  attempt int not null default 0,
  -- How often it was unknown in a row.
  unknowns int not null default 0,
  asked_at timestamptz,
  checked_at timestamptz,
  -- When it is asked next: again at the deadline, and never once it was asked after that.
  due_at timestamptz default clock_timestamp()
);
create index giveaway_verifications_due on giveaway_verifications (due_at) where due_at is not null;
create index giveaway_verifications_by_giveaway on giveaway_verifications (giveaway_id);
`;

const ABUSE = `
-- What two participants of a giveaway may have in common: keyed hashes, which say nothing beyond this giveaway.
create table giveaway_signals (
  giveaway_id uuid not null,
  participant_id uuid not null,
  kind text not null check (kind in ('address', 'device', 'email', 'social_account')),
  value_hash bytea not null,
  scored boolean not null default false,
  primary key (giveaway_id, participant_id, kind, value_hash)
);
create index giveaway_signals_by_value on giveaway_signals (giveaway_id, kind, value_hash);
create index giveaway_signals_unscored on giveaway_signals (giveaway_id) where not scored;

-- Who cannot win this giveaway: its host, the owners of the merchants of its prizes, and whom the host has blocked.
create table giveaway_exclusions (
  giveaway_id uuid not null,
  participant_id uuid not null,
  code text not null check (code in ('merchant_excluded', 'blocked')),
  reason text not null,
  decided_by text not null,
  decided_at timestamptz not null default now(),
  primary key (giveaway_id, participant_id)
);

create table giveaway_reviews (
  giveaway_id uuid not null,
  participant_id uuid not null,
  score int not null check (score > 0),
  signals jsonb not null,
  state text not null default 'PENDING' check (state in ('PENDING', 'CLEARED', 'DISQUALIFIED')),
  reason text,
  decided_by text,
  decided_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (giveaway_id, participant_id),
  check ((state = 'PENDING') = (decided_by is null)),
  check ((decided_by is null) = (reason is null))
);
create index giveaway_reviews_queue on giveaway_reviews (giveaway_id, state, created_at, participant_id);

-- After the freeze it takes two people, of whom one is not the host.
create table giveaway_disqualifications (
  giveaway_id uuid not null references giveaways,
  participant_id uuid not null,
  reason text not null,
  evidence text not null,
  requested_by text not null,
  requested_by_host boolean not null,
  requested_at timestamptz not null default now(),
  approved_by text,
  approved_at timestamptz,
  primary key (giveaway_id, participant_id),
  check (approved_by <> requested_by),
  check ((approved_by is null) = (approved_at is null))
);
`;
