import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(RESERVATIONS);
  await knex.raw(CARDS);
  await knex.raw(ESCROWS);
  await knex.raw(AUTHORISATIONS);
}

const RESERVATIONS = `
create table escrow_reservations (
  id uuid primary key,
  -- Null: issued by its host for other ends than a giveaway.
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

create function giftcard_state_is_final() returns trigger language plpgsql as $$
begin
  if old.state = any (tg_argv::text[]) and new.state is distinct from old.state then
    raise exception using errcode = 'HS002', message = format('%s %s has ended as %s', tg_table_name, old.id, old.state);
  end if;
  return new;
end $$;
create trigger escrow_reservations_final before update on escrow_reservations
  for each row execute function giftcard_state_is_final('VOIDED');
`;

/** No foreign keys to merchants and reservations: every redemption would take a shared lock on the same row. */
const CARDS = `
create table gift_cards (
  id uuid primary key,
  reservation_id uuid not null,
  giveaway_id uuid,
  host_id uuid not null,
  merchant_id uuid not null,
  catalogue_item_id uuid not null,
  currency text not null,
  face_minor bigint not null check (face_minor > 0),
  funding_fee_minor bigint not null check (funding_fee_minor between 0 and face_minor),
  -- The merchant's rate of the moment of reservation: a later version does not touch this card.
  rate_version int not null,
  rate_ppm bigint not null,
  rate_min_minor bigint not null,
  rate_max_minor bigint,
  state text not null default 'RESERVING' check (state in ('RESERVING', 'ISSUED', 'VOIDED')),
  remaining_minor bigint not null default 0 check (remaining_minor >= 0),
  -- Of the remaining: authorised and not yet confirmed.
  held_minor bigint not null default 0 check (held_minor between 0 and remaining_minor),
  redeemed_minor bigint not null default 0 check (redeemed_minor >= 0),
  refunded_minor bigint not null default 0 check (refunded_minor between 0 and redeemed_minor),
  released_minor bigint not null default 0 check (released_minor between 0 and face_minor),
  award_id uuid,
  assignee_id uuid,
  assigned_at timestamptz,
  expires_at timestamptz,
  -- The earliest deadline of what remains; a sweep releases what is past it.
  next_deadline timestamptz,
  frozen_at timestamptz,
  frozen_reason text,
  -- Under this id the code was replaced last: a repeat of the same request replaces it once.
  code_replacement_id uuid,
  code_hash bytea unique,
  code_sealed bytea,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((code_hash is null) = (assigned_at is null)),
  constraint gift_cards_face check (state <> 'ISSUED' or face_minor = remaining_minor + released_minor + redeemed_minor - refunded_minor)
) with (fillfactor = 80);
create index gift_cards_assignee on gift_cards (assignee_id, created_at desc, id);
create index gift_cards_host on gift_cards (host_id, created_at desc, id);
create index gift_cards_merchant on gift_cards (merchant_id, created_at desc, id);
create index gift_cards_reservation on gift_cards (reservation_id, id);
create index gift_cards_deadline on gift_cards (next_deadline) where remaining_minor > 0;
create trigger gift_cards_final before update on gift_cards for each row when (new.state is distinct from old.state)
  execute function giftcard_state_is_final('ISSUED', 'VOIDED');
`;

/** A partial redemption splits an escrow, a refund makes a new one; each ends once, as SETTLED or RELEASED. */
const ESCROWS = `
create table card_escrows (
  id uuid primary key,
  card_id uuid not null,
  parent_id uuid,
  origin text not null check (origin in ('issue', 'split', 'refund')),
  amount_minor bigint not null check (amount_minor > 0),
  state text not null check (state in ('RESERVED', 'SETTLING', 'SETTLED', 'RELEASING', 'RELEASED')),
  -- Null: the card's own expiry, which starts with its assignment.
  deadline timestamptz,
  redemption_id uuid,
  release_id uuid,
  refund_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint card_escrows_spent check ((state in ('SETTLING', 'SETTLED')) = (redemption_id is not null)),
  constraint card_escrows_released check ((state in ('RELEASING', 'RELEASED')) = (release_id is not null)),
  constraint card_escrows_refund check ((origin = 'refund') = (refund_id is not null) or origin = 'split')
) with (fillfactor = 80);
create index card_escrows_card on card_escrows (card_id);
create index card_escrows_redemption on card_escrows (redemption_id) where redemption_id is not null;
create index card_escrows_release on card_escrows (release_id) where release_id is not null;

-- Irreversible: what was spent or given back never becomes spendable again.
create function card_escrow_moves() returns trigger language plpgsql as $$
begin
  raise exception using errcode = 'HS002', message = format('escrow %s is %s and cannot become %s', old.id, old.state, new.state);
end $$;
create trigger card_escrows_moves before update on card_escrows for each row
  when (new.state is distinct from old.state and not (
      old.state = 'RESERVED' and new.state in ('SETTLING', 'RELEASING') or old.state = 'SETTLING' and new.state = 'SETTLED'
      or old.state = 'RELEASING' and new.state = 'RELEASED')
    or old.state <> 'RESERVED' and new.amount_minor <> old.amount_minor or new.amount_minor > old.amount_minor)
  execute function card_escrow_moves();
`;

const AUTHORISATIONS = `
create table card_authorisations (
  id uuid primary key,
  card_id uuid not null,
  merchant_id uuid not null,
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  state text not null default 'OPEN' check (state in ('OPEN', 'CONFIRMED', 'VOIDED', 'EXPIRED')),
  expires_at timestamptz not null,
  redemption_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check ((state = 'CONFIRMED') = (redemption_id is not null))
);
create index card_authorisations_open on card_authorisations (expires_at, id) where state = 'OPEN';
create index card_authorisations_card on card_authorisations (card_id, created_at);
create trigger card_authorisations_final before update on card_authorisations
  for each row execute function giftcard_state_is_final('CONFIRMED', 'VOIDED', 'EXPIRED');
`;
