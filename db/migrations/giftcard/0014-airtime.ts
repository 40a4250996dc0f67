import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(MERCHANTS);
  await knex.raw(VENDS);
  await knex.raw(INTENTS);
}

/** Airtime is sold by a merchant of that kind: its cards are redeemed by topping up a phone, and in no other way. */
const MERCHANTS = `
alter table merchants
  add column kind text not null default 'store' check (kind in ('store', 'airtime')),
  -- A top-up is confirmed by a transaction and no workflow of its own: its reseller is paid by a batch.
  add constraint merchants_airtime_schedule check (kind <> 'airtime' or payout_schedule <> 'instant');
-- Whose phones can be topped up with a card of this item, by the airtime provider's names. Null: it is no airtime.
alter table catalogue_items add column operators text[] check (cardinality(operators) > 0);
-- Null: held for a top-up, which alone ends it.
alter table card_authorisations alter column expires_at drop not null;
`;

/** Its id is also that of the hold on the card, and of the redemption that it becomes. */
const VENDS = `
create table airtime_vends (
  id uuid primary key,
  card_id uuid not null,
  merchant_id uuid not null,
  user_id uuid not null,
  currency text not null,
  amount_minor bigint not null check (amount_minor > 0),
  operator text not null,
  -- Encrypted, and bound to the vend. Null once it is erased.
  phone_sealed bytea,
  state text not null default 'SUBMITTED' check (state in
    ('SUBMITTED', 'UNKNOWN', 'WAITING_FOR_FLOAT', 'NEEDS_ATTENTION', 'DELIVERED', 'FAILED_DEFINITE', 'REVERSED')),
  case_number int not null default 0,
  failure_code text,
  -- By which the value came back onto the card after a reversal.
  refund_id uuid,
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  check (refund_id is null or state = 'REVERSED')
);
create index airtime_vends_card on airtime_vends (card_id, created_at);
create index airtime_vends_open on airtime_vends (updated_at, id) where state not in ('DELIVERED', 'FAILED_DEFINITE', 'REVERSED');
create index airtime_vends_phones on airtime_vends (updated_at, id) where phone_sealed is not null;
create index airtime_vends_user on airtime_vends (user_id) where phone_sealed is not null;

create function airtime_vend_moves() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'HS002', message = format('airtime vend %s is %s and cannot become %s', old.id, old.state, new.state);
end $$;
create trigger airtime_vends_moves before update on airtime_vends for each row
  when (new.state is distinct from old.state and not (
      old.state in ('SUBMITTED', 'UNKNOWN', 'NEEDS_ATTENTION') and new.state in ('DELIVERED', 'FAILED_DEFINITE', 'WAITING_FOR_FLOAT')
      or old.state = 'SUBMITTED' and new.state in ('UNKNOWN', 'NEEDS_ATTENTION')
      or old.state = 'UNKNOWN' and new.state = 'NEEDS_ATTENTION'
      or old.state = 'NEEDS_ATTENTION' and new.state = 'UNKNOWN'
      or old.state = 'WAITING_FOR_FLOAT' and new.state = 'SUBMITTED'
      or old.state = 'DELIVERED' and new.state = 'REVERSED')
    or (new.card_id, new.user_id, new.amount_minor, new.currency, new.operator)
      is distinct from (old.card_id, old.user_id, old.amount_minor, old.currency, old.operator))
  execute function airtime_vend_moves();
`;

/** Written before the provider is called; its id is the provider's reference. */
const INTENTS = `
create table airtime_intents (
  id uuid primary key,
  vend_id uuid not null references airtime_vends,
  number int not null check (number > 0),
  state text not null default 'SENT' check (state in ('SENT', 'UNKNOWN', 'DELIVERED', 'FAILED_DEFINITE', 'REVERSED')),
  provider_id text,
  failure_code text,
  first_sent_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp(),
  unique (vend_id, number)
);
-- A next one only after a definite refusal: nothing is delivered twice.
create unique index airtime_intents_one_live on airtime_intents (vend_id) where state <> 'FAILED_DEFINITE';
create trigger airtime_intents_final before update on airtime_intents
  for each row execute function giftcard_state_is_final('FAILED_DEFINITE', 'REVERSED');
`;
