import type { Cause } from '../../domain/cause.ts';
import type { DrawSources } from '../../domain/draw/randomness-rules.ts';
import type { Db } from '../connect.ts';
import { drawOf, FIRST_DRAW, type DrawRow } from './draw-giveaway.ts';
import { drawRulesOf, movedDrawRules } from './draw-randomness.ts';
import { lockGiveaway, type GiveawayRow } from './move-giveaway.ts';
import { rulesOf } from './run-giveaway.ts';

export interface RulesVersion {
  readonly version: number;
  /** What differs from the version before. */
  readonly changed: readonly string[];
  readonly notice: string;
  readonly createdAt: Date;
  readonly text: string;
}

/**
 * The rules after a change of an open giveaway, which the caller has locked and changed: a version of its own, which the
 * draw's commitment will hash, with the round that follows from the deadline as it is now; entrants are told.
 * @returns the version's number.
 */
export async function publishRules(
  trx: Db,
  { giveawayId, changed, notice }: { giveawayId: string; changed: readonly string[]; notice: string },
  cause: Cause,
): Promise<number> {
  const before = await drawOf(trx, giveawayId).first<DrawRow>('rules_text', 'randomness', 'witnessed');
  const giveaway = await lockGiveaway(trx, giveawayId);
  await trx('giveaway_rules_versions')
    .insert({
      giveaway_id: giveawayId,
      version: 1,
      rules_text: before.rules_text,
      changed: [],
      notice: '',
      changed_by: 'system',
      created_at: giveaway.opened_at,
    })
    .onConflict()
    .ignore();
  const [{ most = 1 } = {}] = await trx('giveaway_rules_versions')
    .where({ giveaway_id: giveawayId })
    .max<{ most?: number }[]>({ most: 'version' });
  const version = most + 1;
  const rules = movedDrawRules(before, giveaway);
  const text = await rulesOf(trx, giveaway, rules);
  await trx('giveaway_rules_versions').insert({
    giveaway_id: giveawayId,
    version,
    rules_text: text,
    changed: [...changed],
    notice,
    changed_by: cause.actor,
  });
  await drawOf(trx, giveawayId).update({ rules_text: text, randomness: JSON.stringify(rules.randomness) });
  await tellEntrants(trx, giveawayId, version);
  return version;
}

const tellEntrants = (trx: Db, giveawayId: string, version: number): Promise<unknown> =>
  trx.raw(
    `insert into notifications (id, kind, user_id, giveaway_id)
     select ledger_uuid('notification', 'rules_changed', :giveawayId, :version, s.participant_id::text), 'rules_changed',
       s.participant_id, s.giveaway_id
     from giveaway_participants s where s.giveaway_id = :giveawayId::uuid on conflict do nothing`,
    { giveawayId, version: String(version) },
  );

/**
 * The official rules: as they stand, or as they were in a version. Before the opening they may still change.
 * @param sources what giveaways that open now promise of their draws.
 */
export async function readRules(
  db: Db,
  giveawayId: string,
  sources: DrawSources,
  version?: number,
): Promise<string | undefined> {
  if (version !== undefined) {
    const found = (await listRules(db, giveawayId)).find((one) => one.version === version);
    return found?.text;
  }
  const draw = await drawOf(db, giveawayId).first<{ rules_text: string } | undefined>('rules_text');
  if (draw) return draw.rules_text;
  const giveaway = await db<GiveawayRow>('giveaways').where({ id: giveawayId }).first();
  return giveaway && rulesOf(db, giveaway, drawRulesOf(giveaway, new Date(), sources));
}

/** Every version since the opening, the oldest first. */
export async function listRules(db: Db, giveawayId: string): Promise<RulesVersion[]> {
  const rows = await db('giveaway_rules_versions')
    .where({ giveaway_id: giveawayId })
    .orderBy('version')
    .select<RulesVersion[]>('version', 'changed', 'notice', {
      createdAt: 'created_at',
      text: 'rules_text',
    });
  if (rows.length > 0) return rows;
  const opened = await db('giveaway_draws as d')
    .join('giveaways as g', 'g.id', 'd.giveaway_id')
    .where({ 'd.giveaway_id': giveawayId, 'd.draw_number': FIRST_DRAW })
    .first<{ text: string; createdAt: Date } | undefined>({ text: 'd.rules_text', createdAt: 'g.opened_at' });
  return opened ? [{ version: 1, changed: [], notice: '', ...opened }] : [];
}
