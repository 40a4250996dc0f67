import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(REDEMPTIONS);
  await knex.raw(SETTLEMENTS);
}

const REDEMPTIONS = `
create table redemptions (
  id uuid primary key,
  card_id uuid not null,
  merchant_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  refunded_minor bigint not null default 0 check (refunded_minor between 0 and amount_minor),
  remaining_minor bigint not null check (remaining_minor >= 0),
  -- C, the net amount redeemed of the card before this part: the shares are T(C + amount) - T(C).
  redeemed_before_minor bigint not null check (redeemed_before_minor >= 0),
  fee_minor bigint not null check (fee_minor >= 0),
  service_minor bigint not null check (service_minor >= 0),
  merchant_minor bigint not null check (merchant_minor >= 0),
  authorisation_id uuid,
  actor text not null,
  created_at timestamptz not null default now(),
  constraint redemptions_shares check (fee_minor + service_minor + merchant_minor = amount_minor)
);
create index redemptions_card on redemptions (card_id, created_at);
create index redemptions_merchant on redemptions (merchant_id, created_at desc, id);

-- What is to be paid out: a redemption, a refund (negative), or a platform share that was carried on (no merchant).
-- A line is stamped with its settlement once, so that a redemption is never in two batches.
create table settlement_lines (
  id uuid primary key,
  kind text not null check (kind in ('redemption', 'refund', 'carried')),
  merchant_id uuid,
  currency text not null,
  gross_minor bigint not null,
  fee_minor bigint not null,
  service_minor bigint not null,
  merchant_minor bigint not null,
  settlement_id uuid,
  created_at timestamptz not null default now(),
  check ((merchant_id is null) = (kind = 'carried')),
  check (kind = 'carried' or fee_minor + service_minor + merchant_minor = gross_minor)
);
create index settlement_lines_open on settlement_lines (merchant_id, currency, created_at, id) where settlement_id is null;
create index settlement_lines_settlement on settlement_lines (settlement_id) where settlement_id is not null;

create function settlement_line_is_stamped_once() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'HS002', message = format('settlement line %s is in settlement %s', old.id, old.settlement_id);
end $$;
-- The condition is the trigger's own: ten thousand lines are stamped without calling anything.
create trigger settlement_lines_once before update on settlement_lines for each row
  when (old.settlement_id is not null or (new.id, new.gross_minor, new.fee_minor, new.service_minor, new.merchant_minor, new.currency)
    is distinct from (old.id, old.gross_minor, old.fee_minor, old.service_minor, old.merchant_minor, old.currency))
  execute function settlement_line_is_stamped_once();
`;

const SETTLEMENTS = `
create table settlements (
  id uuid primary key,
  -- instant: one redemption; batch: what was open for a merchant in a window; platform: carried shares of ours.
  kind text not null check (kind in ('instant', 'batch', 'platform')),
  merchant_id uuid,
  card_id uuid,
  redemption_id uuid,
  window_key text,
  workflow_id text not null,
  currency text not null,
  line_count int not null default 1,
  gross_minor bigint not null,
  fee_minor bigint not null,
  service_minor bigint not null,
  merchant_minor bigint not null check (merchant_minor >= 0),
  -- Of the service share: what was not paid by a leg of this settlement but carried on to a later one.
  carried_minor bigint not null default 0,
  -- Of the merchant's share: what two people gave up paying out; it is owed still, as unclaimed.
  written_off_minor bigint not null default 0 check (written_off_minor in (0, merchant_minor)),
  -- Of this settlement alone, by a decision; else the merchant's.
  payout_account text,
  state text not null default 'SETTLING' check (state in ('SETTLING', 'NEEDS_ATTENTION', 'SETTLED')),
  case_number int not null default 0,
  reason text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((kind = 'platform') = (merchant_id is null)),
  check ((kind = 'instant') = (redemption_id is not null)),
  check (kind = 'platform' or fee_minor + service_minor + merchant_minor = gross_minor)
);
create index settlements_attention on settlements (updated_at, id) where state = 'NEEDS_ATTENTION';
create index settlements_open on settlements (updated_at, id) where state <> 'SETTLED';
create index settlements_merchant on settlements (merchant_id, created_at desc, id);
create unique index settlements_redemption on settlements (redemption_id) where redemption_id is not null;

-- Written before the provider is called; its id is the provider's idempotency key.
create table settlement_intents (
  id uuid primary key,
  settlement_id uuid not null,
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
create trigger settlement_intents_final before update on settlement_intents
  for each row execute function giftcard_state_is_final('FAILED_DEFINITE', 'REVERSED');
`;
