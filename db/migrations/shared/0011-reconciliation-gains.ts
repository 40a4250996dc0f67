import type { Knex } from 'knex';

export async function up(knex: Knex): Promise<void> {
  // What the provider's account has more than both books say is somebody's: it is held until that is known.
  await knex.raw(`
    alter table reconciliation_cases drop constraint reconciliation_cases_resolution_check;
    alter table reconciliation_cases add constraint reconciliation_cases_resolution_check
      check (resolution in ('adopted', 'loss_accepted', 'gain_held', 'dismissed', 'matched_later'));
  `);
}
