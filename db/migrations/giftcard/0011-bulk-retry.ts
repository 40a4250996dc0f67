import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- One person's decision to retry every parked settlement that matches; null matches all.
create table bulk_retries (
  id uuid primary key,
  match_reason text,
  match_merchant_id uuid,
  match_currency text,
  -- Only what was parked by then.
  parked_until timestamptz not null,
  matched_count int not null,
  matched_minor bigint not null,
  reason text not null,
  requested_by text not null,
  state text not null default 'RUNNING' check (state in ('RUNNING', 'DONE', 'CANCELLED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index bulk_retries_newest on bulk_retries (created_at desc, id);
create index bulk_retries_open on bulk_retries (updated_at, id) where state = 'RUNNING';
create trigger bulk_retries_final before update on bulk_retries
  for each row execute function giftcard_state_is_final('DONE', 'CANCELLED');

-- A settlement is decided on once by a bulk retry, in the order of ids: the last one is where it goes on.
create table bulk_retry_items (
  bulk_retry_id uuid not null references bulk_retries,
  settlement_id uuid not null,
  case_number int not null,
  outcome text not null check (outcome in ('ACCEPTED', 'REFUSED')),
  -- Of a refusal.
  code text,
  decided_at timestamptz not null default clock_timestamp(),
  primary key (bulk_retry_id, settlement_id),
  check ((outcome = 'REFUSED') = (code is not null))
);
`);
}
