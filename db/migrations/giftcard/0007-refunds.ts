import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(REFUNDS);
}

const REFUNDS = `
create table refunds (
  id uuid primary key,
  redemption_id uuid not null,
  card_id uuid not null,
  merchant_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  -- What the card's shares went down by; known when it is booked.
  fee_minor bigint,
  service_minor bigint,
  merchant_minor bigint,
  state text not null default 'REQUESTED' check (state in ('REQUESTED', 'WAITING_FOR_SETTLEMENT', 'PULLING_BACK', 'WAITING_FOR_MERCHANT', 'COMPLETED')),
  -- How the merchant's part came back: it was not paid out yet, it was netted with what is due to the merchant, the
  -- provider took it back, or two people of finance honoured it.
  way text check (way in ('before_payout', 'netted', 'pulled_back', 'honoured')),
  case_number int not null default 0,
  failure_code text,
  reason text not null,
  requested_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((state = 'COMPLETED') = (way is not null)),
  check (state <> 'COMPLETED' or fee_minor + service_minor + merchant_minor = amount_minor)
);
create index refunds_redemption on refunds (redemption_id);
create index refunds_merchant on refunds (merchant_id, created_at desc, id);
create index refunds_open on refunds (updated_at, id) where state <> 'COMPLETED';
create trigger refunds_final before update on refunds for each row execute function giftcard_state_is_final('COMPLETED');

-- What the provider is asked to take back; its id is the provider's idempotency key.
create table refund_intents (
  id uuid primary key,
  refund_id uuid not null,
  number int not null check (number > 0),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  source_account text not null,
  state text not null default 'SENT' check (state in ('SENT', 'UNKNOWN', 'SUCCEEDED', 'FAILED_DEFINITE')),
  provider_id text,
  provider_fee_minor bigint,
  failure_code text,
  first_sent_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now(),
  unique (refund_id, number)
);
create unique index refund_intents_one_live on refund_intents (refund_id) where state <> 'FAILED_DEFINITE';
create trigger refund_intents_final before update on refund_intents
  for each row execute function giftcard_state_is_final('FAILED_DEFINITE');
`;
