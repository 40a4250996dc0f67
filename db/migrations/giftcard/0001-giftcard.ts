import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(MERCHANTS);
  await knex.raw(CARDS);
  await knex.raw(SETTLEMENTS);
  await knex.raw(FINAL_STATES);
}

const MERCHANTS = `
create table merchants (
  id uuid primary key,
  owner_id uuid not null,
  name text not null,
  -- Where the merchant is paid: an account at the payment provider.
  payout_account text not null,
  payout_schedule text not null default 'instant' check (payout_schedule in ('instant')),
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
  validity_days int not null check (validity_days between 1 and 3660),
  created_at timestamptz not null default now(),
  check (max_minor >= min_minor)
);
create index catalogue_items_merchant on catalogue_items (merchant_id, created_at, id);
`;

const CARDS = `
create table escrow_reservations (
  id uuid primary key,
  giveaway_id uuid,
  host_id uuid,
  currency text,
  gross_minor bigint,
  fee_minor bigint,
  -- A tombstone is a VOIDED row that was never anything else: the undo came before the deed.
  state text not null check (state in ('RESERVING', 'RESERVED', 'VOIDED')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create table gift_cards (
  id uuid primary key,
  reservation_id uuid not null references escrow_reservations,
  giveaway_id uuid not null,
  host_id uuid not null,
  merchant_id uuid not null references merchants,
  catalogue_item_id uuid not null references catalogue_items,
  currency text not null,
  face_minor bigint not null check (face_minor > 0),
  funding_fee_minor bigint not null check (funding_fee_minor between 0 and face_minor),
  redeemed_minor bigint not null default 0 check (redeemed_minor between 0 and face_minor),
  rate_version int not null,
  state text not null default 'RESERVING' check (state in ('RESERVING', 'RESERVED', 'SETTLING', 'SETTLED', 'RELEASING', 'RELEASED')),
  award_id uuid,
  assignee_id uuid,
  assigned_at timestamptz,
  expires_at timestamptz,
  code_hash bytea unique,
  code_sealed bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((code_hash is null) = (assigned_at is null)),
  check (state not in ('SETTLING', 'SETTLED') or redeemed_minor = face_minor)
);
create index gift_cards_assignee on gift_cards (assignee_id, created_at desc, id);
create index gift_cards_reservation on gift_cards (reservation_id);
`;

const SETTLEMENTS = `
create table redemptions (
  id uuid primary key,
  card_id uuid not null references gift_cards,
  merchant_id uuid not null,
  settlement_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  remaining_minor bigint not null check (remaining_minor >= 0),
  fee_minor bigint not null check (fee_minor >= 0),
  service_minor bigint not null check (service_minor >= 0),
  merchant_minor bigint not null check (merchant_minor >= 0),
  actor text not null,
  created_at timestamptz not null default now(),
  constraint redemptions_shares check (fee_minor + service_minor + merchant_minor = amount_minor)
);
create index redemptions_card on redemptions (card_id, created_at);
create index redemptions_merchant on redemptions (merchant_id, created_at desc, id);

create table settlements (
  id uuid primary key,
  merchant_id uuid not null references merchants,
  card_id uuid not null references gift_cards,
  redemption_id uuid not null unique references redemptions,
  workflow_id text not null,
  currency text not null,
  gross_minor bigint not null,
  fee_minor bigint not null,
  service_minor bigint not null,
  merchant_minor bigint not null,
  state text not null default 'SETTLING' check (state in ('SETTLING', 'NEEDS_ATTENTION', 'SETTLED')),
  case_number int not null default 0,
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (fee_minor + service_minor + merchant_minor = gross_minor)
);
create index settlements_attention on settlements (updated_at, id) where state = 'NEEDS_ATTENTION';
create index settlements_merchant on settlements (merchant_id, created_at desc, id);

-- Written before the provider is called; its id is the provider's idempotency key.
create table settlement_intents (
  id uuid primary key,
  settlement_id uuid not null references settlements,
  leg text not null check (leg in ('merchant', 'platform')),
  number int not null check (number > 0),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  destination_account text,
  state text not null default 'SENT' check (state in ('SENT', 'UNKNOWN', 'SUCCEEDED', 'FAILED_DEFINITE', 'REVERSED')),
  provider_id text,
  payout_fee_minor bigint,
  failure_code text,
  first_sent_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now(),
  unique (settlement_id, leg, number)
);
-- One live intent per leg: a new one only after a definite refusal or a reversal.
create unique index settlement_intents_one_live on settlement_intents (settlement_id, leg)
  where state not in ('FAILED_DEFINITE', 'REVERSED');

`;

/** An escrow ends once, a settlement is settled once, whatever the code does. */
const FINAL_STATES = `
create function giftcard_state_is_final() returns trigger language plpgsql as $$
begin
  if old.state = any (tg_argv::text[]) and new.state is distinct from old.state then
    raise exception using errcode = 'HS002', message = format('%s %s has ended as %s', tg_table_name, old.id, old.state);
  end if;
  return new;
end $$;
create trigger gift_cards_final before update on gift_cards
  for each row execute function giftcard_state_is_final('SETTLED', 'RELEASED');
create trigger escrow_reservations_final before update on escrow_reservations
  for each row execute function giftcard_state_is_final('VOIDED');
create trigger settlements_final before update on settlements
  for each row execute function giftcard_state_is_final('SETTLED');
create trigger settlement_intents_final before update on settlement_intents
  for each row execute function giftcard_state_is_final('FAILED_DEFINITE', 'REVERSED');
`;
