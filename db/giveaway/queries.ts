import type { ModeRules } from '../../domain/giveaway-modes.ts';
import type { Db } from '../connect.ts';
import { readEntryTerms, type EntryTerms } from './entry-terms.ts';
import { Award, Giveaway } from './model.ts';
import { readModeRules, readPrizeGroups, type PrizeGroupView } from './prize-groups.ts';

export interface GiveawaySnapshot {
  readonly giveaway: Giveaway;
  readonly terms: EntryTerms;
  readonly mode: ModeRules;
  readonly prizeGroups: readonly PrizeGroupView[];
  readonly participantCount: number;
  /** Hex, from OPEN on. */
  readonly secretHash: string | null;
  /** The number of the giveaway's last event: what a live client has seen. */
  readonly version: number;
  readonly now: Date;
}

/** A giveaway as anybody may see it, or its host before it is public. */
export async function findGiveaway(db: Db, id: string, viewerId?: string): Promise<GiveawaySnapshot | undefined> {
  const giveaway = await Giveaway.query(db)
    .findById(id)
    .withGraphFetched('[prizes(inOrder), awards(inRank)]')
    .modifiers({ inOrder: (query) => void query.orderBy('position'), inRank: (query) => void query.orderBy('rank') });
  if (!giveaway || (giveaway.published_at === null && giveaway.host_id !== viewerId)) return undefined;
  const result = await db.raw(
    `select now() as now, (select encode(secret_hash, 'hex') from giveaway_draws where giveaway_id = :id and draw_number = 1) as "secretHash",
       (select coalesce(max(version), 0) from domain_events where aggregate_type = 'giveaway' and aggregate_id = :id) as version`,
    { id },
  );
  const [row] = (result as { rows: [{ now: Date; secretHash: string | null; version: number }] }).rows;
  return {
    giveaway,
    terms: await readEntryTerms(db, id),
    mode: await readModeRules(db, id),
    prizeGroups: await readPrizeGroups(db, id),
    participantCount: await countParticipants(db, id),
    ...row,
  };
}

export async function countParticipants(db: Db, giveawayId: string): Promise<number> {
  const rows = await db('giveaway_participants')
    .where({ giveaway_id: giveawayId })
    .count<{ count: bigint }[]>({ count: '*' });
  return Number(rows[0]?.count ?? 0n);
}

/** A host's giveaways, newest first. */
export const listGiveaways = (
  db: Db,
  hostId: string,
  { limit, before }: { limit: number; before?: Date },
): Promise<Giveaway[]> => {
  const query = Giveaway.query(db).where({ host_id: hostId }).orderBy('created_at', 'desc').limit(limit);
  return Promise.resolve(before ? query.where('created_at', '<', before) : query);
};

/** What a participant has won, newest first. */
export const listAwards = (db: Db, participantId: string): Promise<Award[]> =>
  Promise.resolve(
    Award.query(db)
      .where({ participant_id: participantId })
      .orderBy('created_at', 'desc')
      .withGraphFetched('prize')
      .limit(100),
  );

export const findAward = (db: Db, id: string, participantId: string): Promise<Award | undefined> =>
  Promise.resolve(Award.query(db).findById(id).where({ participant_id: participantId }).withGraphFetched('prize'));
