import { modeRulesIn, type ModeRules } from '../../domain/giveaway-modes.ts';
import type { Db } from '../connect.ts';

export interface PrizeGroupView {
  readonly id: string;
  /** Its rank among the prizes, from 1. */
  readonly position: number;
  readonly name: string;
  /** How many units there are. */
  readonly quantity: number;
  readonly faceMinor: bigint;
  readonly currency: string;
  readonly merchantId: string;
}

/** The prizes of a giveaway with their quotas, by rank. */
export async function readPrizeGroups(db: Db, giveawayId: string): Promise<PrizeGroupView[]> {
  const result: unknown = await db.raw(
    `select g.id, g.position, g.name, u.quantity, u.face_minor as "faceMinor", u.currency, u.merchant_id as "merchantId"
     from giveaway_prize_groups g
     cross join lateral (
       select count(*)::int as quantity, min(p.face_minor) as face_minor, min(p.currency) as currency,
         (array_agg(p.merchant_id))[1] as merchant_id
       from giveaway_prizes p where p.group_id = g.id) u
     where g.giveaway_id = ? order by g.position`,
    [giveawayId],
  );
  return (result as { rows: PrizeGroupView[] }).rows;
}

/** How a giveaway finds its winners. */
export async function readModeRules(db: Db, giveawayId: string): Promise<ModeRules> {
  const row = await db('giveaways').where({ id: giveawayId }).first<{ rules: Partial<ModeRules> }>('rules');
  return modeRulesIn(row?.rules ?? {});
}

/** The same of a giveaway that anybody may see; undefined when there is none. */
export async function readPublishedMode(db: Db, giveawayId: string): Promise<ModeRules | undefined> {
  const row = await db('giveaways')
    .where({ id: giveawayId })
    .whereNotNull('published_at')
    .first<{ rules: Partial<ModeRules> }>('rules');
  return row && modeRulesIn(row.rules);
}
