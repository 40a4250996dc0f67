import type { EligibilityRules, EntryMethod } from '../../domain/entry-methods.ts';
import type { Db } from '../connect.ts';

export interface EntryTerms {
  /** In the host's order. */
  readonly methods: readonly EntryMethod[];
  readonly eligibility: EligibilityRules;
}

/** How one may enter a giveaway, and who; without the answers. */
export async function readEntryTerms(db: Db, giveawayId: string): Promise<EntryTerms> {
  const methods = await db('giveaway_methods')
    .where({ giveaway_id: giveawayId })
    .orderBy('position')
    .select<EntryMethod[]>('name', 'kind', 'weight', 'required', 'period', 'cap', 'target', 'prompt');
  const row = await db('giveaways')
    .where({ id: giveawayId })
    .first<{ eligibility: EligibilityRules | null }>(db.raw("rules -> 'eligibility' as eligibility"));
  return { methods, eligibility: row?.eligibility ?? {} };
}
