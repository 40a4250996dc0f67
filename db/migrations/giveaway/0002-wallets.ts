import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
create table wallets (
  host_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  state text not null default 'ACTIVE' check (state in ('ACTIVE', 'FROZEN')),
  frozen_reason text,
  -- How long a charge must have been final before its money can be spent; against charges that are disputed soon.
  spendable_after_ms bigint not null default 0 check (spendable_after_ms >= 0),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (host_id, currency)
);

-- The intent of a charge: written before the provider is called, under the id that is the provider's key.
create table wallet_fundings (
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  source text not null,
  state text not null default 'PENDING' check (state in ('PENDING', 'SUCCEEDED', 'FAILED', 'NEEDS_ATTENTION')),
  fee_minor bigint check (fee_minor >= 0),
  provider_id text,
  failure_code text,
  case_number int not null default 0,
  first_sent_at timestamptz not null default clock_timestamp(),
  credited_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint wallet_fundings_outcome check ((state = 'SUCCEEDED') = (fee_minor is not null)
    and (state = 'SUCCEEDED') = (credited_at is not null))
);
create index wallet_fundings_host on wallet_fundings (host_id, created_at desc, id);
create index wallet_fundings_credited on wallet_fundings (host_id, currency, credited_at) where credited_at is not null;
create unique index wallet_fundings_provider on wallet_fundings (provider_id) where provider_id is not null;

-- Money of a wallet that a publish has set aside; the pivot posts it, an undo voids it.
create table wallet_holds (
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  -- Null: for cards that are issued without a giveaway.
  giveaway_id uuid,
  gross_minor bigint not null check (gross_minor > 0),
  fee_minor bigint not null check (fee_minor >= 0 and fee_minor <= gross_minor),
  state text not null default 'HELD' check (state in ('HELD', 'POSTED', 'VOIDED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
`);
}
