import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(REVERSED);
}

/** What the provider has taken back from a merchant may go back to the merchant: another intent may follow it. */
const REVERSED = `
alter table refund_intents drop constraint refund_intents_state_check;
alter table refund_intents add constraint refund_intents_state_check
  check (state in ('SENT', 'UNKNOWN', 'SUCCEEDED', 'FAILED_DEFINITE', 'REVERSED'));
drop index refund_intents_one_live;
create unique index refund_intents_one_live on refund_intents (refund_id) where state not in ('FAILED_DEFINITE', 'REVERSED');
drop trigger refund_intents_final on refund_intents;
create trigger refund_intents_final before update on refund_intents
  for each row execute function giftcard_state_is_final('FAILED_DEFINITE', 'REVERSED');
`;
