import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Cards that a host buys for its own ends, all alike. The id is also that of the escrow reservation and of the hold of
-- the wallet.
create table card_orders (
  id uuid primary key,
  host_id uuid not null,
  merchant_id uuid not null,
  catalogue_item_id uuid not null,
  currency text not null,
  face_minor bigint not null check (face_minor > 0),
  card_count int not null check (card_count between 1 and 10000),
  -- Whether the cards get their codes, and their validity begins, when they are issued.
  activate boolean not null,
  -- The merchant's rate of the moment of the order: every card of it is priced alike.
  rate_version int not null,
  state text not null default 'RESERVING' check (state in ('RESERVING', 'ISSUING', 'ISSUED', 'FAILED')),
  issued_count int not null default 0,
  failure_code text,
  workflow_id text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index card_orders_host on card_orders (host_id, created_at desc, id);
create index card_orders_open on card_orders (updated_at) where state in ('RESERVING', 'ISSUING');
create trigger card_orders_final before update on card_orders
  for each row execute function giftcard_state_is_final('ISSUED', 'FAILED');
`);
}
