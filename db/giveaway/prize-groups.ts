import { modeRulesIn, type ModeRules } from '../../domain/giveaway-modes.ts';
import type { AwardState } from '../../domain/giveaway.ts';
import type { PrizeKind } from '../../domain/prizes.ts';
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
  readonly kind: PrizeKind;
  readonly description: string;
  /** Null where the prize is no gift card. */
  readonly merchantId: string | null;
}

/** The prizes of a giveaway with their quotas, by rank. */
export async function readPrizeGroups(db: Db, giveawayId: string): Promise<PrizeGroupView[]> {
  const result: unknown = await db.raw('select * from giveaway_prize_quotas(?) order by position', [giveawayId]);
  return (result as { rows: PrizeGroupView[] }).rows;
}

export interface PrizeUnitView {
  readonly id: string;
  readonly position: number;
  readonly groupId: string;
  readonly cardId: string | null;
  readonly amountMinor: string;
  readonly currency: string;
  /** Who it was offered to and may still have it; null: nobody. */
  readonly award: { readonly awardId: string; readonly rank: number; readonly state: AwardState } | null;
}

/** Units of a giveaway that anybody may see, in order. @param after the position of the last one of the page before. */
export async function listPrizeUnits(
  db: Db,
  giveawayId: string,
  { limit, after }: { limit: number; after: number },
): Promise<PrizeUnitView[]> {
  const result: unknown = await db.raw(
    `select u.id, u.position, u.group_id as "groupId", u.card_id as "cardId", u.face_minor::text as "amountMinor", u.currency,
       (select jsonb_build_object('awardId', a.id, 'rank', a.rank, 'state', a.state) from giveaway_awards a
        where a.prize_id = u.id and a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED')) as award
     from giveaway_prizes u
     where u.giveaway_id = :giveawayId and u.position > :after
       and exists (select from giveaways g where g.id = :giveawayId and g.published_at is not null)
     order by u.position limit :limit`,
    { giveawayId, after, limit },
  );
  return (result as { rows: PrizeUnitView[] }).rows;
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
