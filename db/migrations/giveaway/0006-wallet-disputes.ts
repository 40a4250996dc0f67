import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- A charge that its payer disputes: the provider has taken the money back. The id is the funding's.
create table wallet_disputes (
  id uuid primary key,
  host_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  -- Of it the wallet had this; the rest the host owes.
  taken_minor bigint not null check (taken_minor >= 0),
  receivable_minor bigint not null check (receivable_minor >= 0),
  -- The funding fee that the taken part carried: nobody wins it back.
  lost_fee_minor bigint not null check (lost_fee_minor >= 0),
  -- WON: the provider has given the money back. LOST: the debt stays. WRITTEN_OFF: two people gave the debt up.
  state text not null default 'OPEN' check (state in ('OPEN', 'WON', 'LOST', 'WRITTEN_OFF')),
  case_number int not null default 1,
  resolution_reason text,
  resolved_by text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (taken_minor + receivable_minor = amount_minor),
  check ((state = 'OPEN') = (resolved_by is null))
);
create index wallet_disputes_host on wallet_disputes (host_id, created_at desc, id desc);
create index wallet_disputes_open on wallet_disputes (created_at, id) where state = 'OPEN';
create trigger wallet_disputes_final before update on wallet_disputes
  for each row execute function wallet_state_is_final('WON', 'WRITTEN_OFF');
`);
}
