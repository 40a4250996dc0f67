import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  await knex.raw(OPEN_REFUNDS);
}

/** What refunds take from a merchant's next batch is read by every refund, and is little among what was earned. */
const OPEN_REFUNDS = `
create index settlement_lines_open_refunds on settlement_lines (merchant_id, currency, created_at, id)
  where settlement_id is null and merchant_minor < 0;
`;
