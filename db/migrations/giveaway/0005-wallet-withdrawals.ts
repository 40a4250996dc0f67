import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Where the host's money goes, at the provider; null until the host says.
alter table wallets add column payout_account text;

create table wallet_withdrawals (
  id uuid primary key,
  host_id uuid not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  amount_minor bigint not null check (amount_minor > 0),
  -- What the provider kept of the charges that funded this part of the wallet: the host gets the amount less this.
  fee_minor bigint not null check (fee_minor >= 0 and fee_minor < amount_minor),
  state text not null default 'PAYING' check (state in ('PAYING', 'WAITING_FOR_BALANCE', 'NEEDS_ATTENTION', 'SUCCEEDED', 'FAILED', 'RETURNED')),
  failure_code text,
  case_number int not null default 0,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  check (state <> 'FAILED' or failure_code is not null)
);
create index wallet_withdrawals_host on wallet_withdrawals (host_id, created_at desc, id desc);
create index wallet_withdrawals_open on wallet_withdrawals (updated_at, id) where state not in ('SUCCEEDED', 'FAILED', 'RETURNED');

-- What the provider is asked to pay; its id is the provider's idempotency key. After a definite refusal a new one is made.
create table wallet_withdrawal_intents (
  id uuid primary key,
  withdrawal_id uuid not null,
  number int not null check (number > 0),
  amount_minor bigint not null check (amount_minor > 0),
  currency text not null,
  destination_account text not null,
  state text not null default 'SENT' check (state in ('SENT', 'UNKNOWN', 'SUCCEEDED', 'FAILED_DEFINITE', 'REVERSED')),
  provider_id text,
  -- The payout's own fee: the platform's cost.
  payout_fee_minor bigint check (payout_fee_minor >= 0),
  failure_code text,
  first_sent_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default now(),
  unique (withdrawal_id, number),
  check ((state in ('SUCCEEDED', 'REVERSED')) = (payout_fee_minor is not null))
);
create unique index wallet_withdrawal_intents_one_live on wallet_withdrawal_intents (withdrawal_id)
  where state not in ('FAILED_DEFINITE', 'REVERSED');

create function wallet_state_is_final() returns trigger language plpgsql as $$
begin
  if old.state = any (tg_argv::text[]) and new.state is distinct from old.state then
    raise exception using errcode = 'HS002', message = format('%s %s has ended as %s', tg_table_name, old.id, old.state);
  end if;
  return new;
end $$;
create trigger wallet_withdrawals_final before update on wallet_withdrawals
  for each row execute function wallet_state_is_final('FAILED', 'RETURNED');
create trigger wallet_withdrawal_intents_final before update on wallet_withdrawal_intents
  for each row execute function wallet_state_is_final('FAILED_DEFINITE', 'REVERSED');
`);
}
