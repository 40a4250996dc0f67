import type { BeaconChain } from '../../domain/draw/beacon.ts';
import { roundTimeMs } from '../../domain/draw/beacon-round.ts';
import type { BeaconSource, RandomnessSource } from '../../domain/draw/randomness.ts';
import type { ModeRules } from '../../domain/giveaway-modes.ts';
import type { Witness } from '../../domain/proof/proof.ts';
import type { Db } from '../connect.ts';
import { readEntryTerms, type EntryTerms } from './entry-terms.ts';
import { Award, Giveaway } from './model.ts';
import { readModeRules, readPrizeGroups, type PrizeGroupView } from './prize-groups.ts';

export interface PublishedCommitment {
  /** Hex. */
  readonly hash: string;
  readonly randomness: RandomnessSource;
  readonly witness: Witness['kind'];
}

/** Why a draw that is committed to is not drawn yet. */
export interface AwaitedBeacon {
  readonly reason: 'beacon_round';
  readonly round: number;
  readonly chainHash: string;
  /** ISO 8601; from then on the beacon is late. */
  readonly dueAt: string;
}

export interface GiveawaySnapshot {
  readonly giveaway: Giveaway;
  readonly terms: EntryTerms;
  readonly mode: ModeRules;
  readonly prizeGroups: readonly PrizeGroupView[];
  readonly participantCount: number;
  /** Hex, from OPEN on. */
  readonly secretHash: string | null;
  /** From the commitment on: what anybody should note before the draw. */
  readonly commitment: PublishedCommitment | null;
  readonly waitsFor: AwaitedBeacon | null;
  /** The number of the giveaway's last event: what a live client has seen. */
  readonly version: number;
  readonly now: Date;
}

/** Of units and of winners; the others are read page by page (`listPrizeUnits`). */
const SHOWN = 500;

/** A giveaway as anybody may see it, or its host before it is public: with its first units and its first winners. */
export async function findGiveaway(db: Db, id: string, viewerId?: string): Promise<GiveawaySnapshot | undefined> {
  const giveaway = await Giveaway.query(db)
    .findById(id)
    .withGraphFetched('[prizes(inOrder), awards(inRank).prize]')
    .modifiers({
      inOrder: (query) => void query.orderBy('position').limit(SHOWN),
      inRank: (query) => void query.orderBy('rank').limit(SHOWN),
    });
  if (!giveaway || (giveaway.published_at === null && giveaway.host_id !== viewerId)) return undefined;
  const result = await db.raw(
    `select now() as now, (select encode(secret_hash, 'hex') from giveaway_draws where giveaway_id = :id and draw_number = 1) as "secretHash",
       (select jsonb_build_object('hash', commitment_hash, 'randomness', commitment -> 'randomness', 'witness', witness ->> 'kind')
         from giveaway_draws where giveaway_id = :id and draw_number = 1 and commitment_hash is not null) as commitment,
       (select jsonb_build_object('chain', beacon_chain, 'source', commitment -> 'randomness') from giveaway_draws
         where giveaway_id = :id and draw_number = 1 and beacon_chain is not null and beacon_signature is null) as awaited,
       (select coalesce(max(version), 0) from domain_events where aggregate_type = 'giveaway' and aggregate_id = :id) as version`,
    { id },
  );
  type Row = Pick<GiveawaySnapshot, 'now' | 'secretHash' | 'commitment' | 'version'> & { awaited: Awaited | null };
  const [{ awaited, ...row }] = (result as { rows: [Row] }).rows;
  return {
    giveaway,
    terms: await readEntryTerms(db, id),
    mode: await readModeRules(db, id),
    prizeGroups: await readPrizeGroups(db, id),
    participantCount: await countParticipants(db, id),
    ...row,
    waitsFor: awaited && awaitedBeacon(awaited),
  };
}

interface Awaited {
  readonly chain: BeaconChain;
  readonly source: BeaconSource;
}

function awaitedBeacon({ chain, source: { round, chainHash } }: Awaited): AwaitedBeacon {
  return { reason: 'beacon_round', round, chainHash, dueAt: new Date(roundTimeMs(chain, round)).toISOString() };
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

/** A prize with its name, and how far it has come. The address stays in its row. */
const WON = '[prize.group, delivery(withoutAddress)]';

/** What a participant has won, newest first. */
export const listAwards = (db: Db, participantId: string): Promise<Award[]> =>
  Promise.resolve(
    Award.query(db)
      .where({ participant_id: participantId })
      .orderBy('created_at', 'desc')
      .withGraphFetched(WON)
      .limit(100),
  );

export const findAward = (db: Db, id: string, participantId: string): Promise<Award | undefined> =>
  Promise.resolve(Award.query(db).findById(id).where({ participant_id: participantId }).withGraphFetched(WON));
