import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table merchants (
  id uuid primary key,
  owner_id uuid not null,
  name text not null,
  -- Where the merchant is paid: an account at the payment provider.
  payout_account text not null,
  -- instant: each redemption by itself; else all of a window together.
  payout_schedule text not null default 'instant' check (payout_schedule in ('instant', 'hourly', 'daily')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index merchants_owner on merchants (owner_id, created_at desc, id);

-- Frozen for a card when it is reserved; a new version never changes what was reserved before.
create table merchant_rates (
  merchant_id uuid not null references merchants,
  version int not null check (version > 0),
  rate_ppm bigint not null check (rate_ppm between 0 and 1000000),
  min_minor bigint not null default 0 check (min_minor >= 0),
  max_minor bigint check (max_minor >= min_minor),
  effective_at timestamptz not null default now(),
  set_by text not null default 'system',
  reason text,
  created_at timestamptz not null default now(),
  primary key (merchant_id, version)
);

create table catalogue_items (
  id uuid primary key,
  merchant_id uuid not null references merchants,
  name text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  min_minor bigint not null check (min_minor > 0),
  max_minor bigint not null,
  -- Fixed denominations; null: any amount of the range.
  amounts_minor bigint[],
  -- A card is valid for so many days from its assignment, or until a fixed instant, or until the earlier of both.
  validity_days int check (validity_days between 1 and 3660),
  valid_until timestamptz,
  state text not null default 'ACTIVE' check (state in ('ACTIVE', 'RETIRED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (max_minor >= min_minor),
  check (validity_days is not null or valid_until is not null)
);
create index catalogue_items_merchant on catalogue_items (merchant_id, created_at, id);
`);
}
