import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- Orders whose cards are on their way back to the host, piece by piece; the row stands before a workflow does.
create table card_order_cancellations (
  id uuid primary key,
  order_id uuid not null references card_orders,
  state text not null default 'RUNNING' check (state in ('RUNNING', 'DONE')),
  requested_by text not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index card_order_cancellations_open on card_order_cancellations (updated_at, id) where state = 'RUNNING';
create trigger card_order_cancellations_final before update on card_order_cancellations
  for each row execute function giftcard_state_is_final('DONE');
`);
}
