import type { Knex } from 'knex';

/** What the owner sweep asks for. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
-- The escrows of a batch that is paid follow piece by piece: since when none is left.
alter table settlements add column escrows_settled_at timestamptz;
create index settlements_escrows_left on settlements (id) where kind = 'batch' and state = 'SETTLED' and escrows_settled_at is null;
`);
}
