import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
alter table giveaway_prize_groups
  add column kind text not null default 'gift_card' check (kind in ('gift_card', 'physical')),
  add column description text not null default '';
-- Of a physical prize the face is what it is worth, for information: no money lies in escrow for it.
alter table giveaway_prizes
  add column kind text not null default 'gift_card' check (kind in ('gift_card', 'physical')),
  alter column merchant_id drop not null,
  alter column catalogue_item_id drop not null,
  alter column card_id drop not null,
  add check ((kind = 'gift_card') = (card_id is not null)),
  add check ((kind = 'gift_card') = (merchant_id is not null)),
  add check ((kind = 'gift_card') = (catalogue_item_id is not null));

-- How a prize that is sent comes to its winner: from the claim, which says where to, until it is there.
create table giveaway_deliveries (
  award_id uuid primary key references giveaway_awards,
  giveaway_id uuid not null references giveaways,
  -- Encrypted, and bound to the award. Null once it is erased.
  address_sealed bytea,
  state text not null default 'ADDRESSED' check (state in ('ADDRESSED', 'SHIPPED', 'UNDELIVERABLE', 'DELIVERED', 'GIVEN_UP')),
  carrier text,
  tracking_number text,
  -- How often it was sent.
  shipments int not null default 0,
  shipped_at timestamptz,
  -- Why it could not be delivered, or was given up.
  problem text,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check ((shipments = 0) = (shipped_at is null)),
  check (state in ('ADDRESSED', 'GIVEN_UP') or shipments > 0)
);
create index giveaway_deliveries_of_giveaway on giveaway_deliveries (giveaway_id, state);
create index giveaway_deliveries_with_address on giveaway_deliveries (updated_at, award_id) where address_sealed is not null;
`);
}
