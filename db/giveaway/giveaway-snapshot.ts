import type { BeaconChain } from '../../domain/draw/beacon.ts';
import { roundTimeMs } from '../../domain/draw/beacon-round.ts';
import type { BeaconSource, RandomnessSource } from '../../domain/draw/randomness.ts';
import type { EligibilityRules, EntryMethod } from '../../domain/entry-methods.ts';
import type { AwardState, GiveawayState } from '../../domain/giveaway.ts';
import { modeRulesIn, type ModeRules, type RandomnessSetting } from '../../domain/giveaway-modes.ts';
import type { Witness } from '../../domain/proof/proof.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { countParticipants } from './count-participants.ts';
import type { EntryTerms } from './entry-terms.ts';
import type { PrizeGroupView } from './prize-groups.ts';

export interface PublishedCommitment {
  /** Hex. */
  readonly hash: string;
  /** Null of an instant win: it rests on the secret of its opening. */
  readonly randomness: RandomnessSource | null;
  readonly witness: Witness['kind'] | null;
}

/** Why a draw that is committed to is not drawn yet. */
export interface AwaitedBeacon {
  readonly reason: 'beacon_round';
  readonly round: number;
  readonly chainHash: string;
  /** ISO 8601; from then on the beacon is late. */
  readonly dueAt: string;
}

interface ShownUnit {
  readonly id: string;
  readonly position: number;
  readonly groupId: string;
  readonly cardId: string | null;
  readonly merchantId: string | null;
  readonly amountMinor: string;
  readonly currency: string;
}

interface ShownWinner {
  readonly awardId: string;
  readonly rank: number;
  readonly prizeId: string;
  readonly groupId: string;
  readonly state: AwardState;
}

interface GiveawayFacts {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly state: GiveawayState;
  readonly failureCode: string | null;
  readonly currency: string;
  readonly opensAt: Date | null;
  readonly closesAt: Date;
  readonly pausedAt: Date | null;
}

export interface GiveawaySnapshot {
  readonly giveaway: GiveawayFacts;
  readonly terms: EntryTerms;
  readonly mode: ModeRules;
  readonly randomness: RandomnessSetting;
  readonly prizeGroups: readonly PrizeGroupView[];
  /** The first ones; the others are read page by page (`listPrizeUnits`). */
  readonly prizes: readonly ShownUnit[];
  /** The first ones, by rank. */
  readonly winners: readonly ShownWinner[];
  readonly winnerCount: number;
  readonly participantCount: number;
  /** Hex, from OPEN on. */
  readonly secretHash: string | null;
  /** From the commitment on: what anybody should note before the draw. */
  readonly commitment: PublishedCommitment | null;
  readonly waitsFor: AwaitedBeacon | null;
  /** The number of the giveaway's last event: what a live client has seen. */
  readonly version: number;
  readonly serverTime: Date;
}

/** Of units and of winners. */
const SHOWN = 100;

/**
 * A giveaway as anybody may see it, or its host before it is public. Whatever follows it live goes on from its version: all
 * but the number of participants, which may be a second old, is of one moment.
 */
export async function findGiveaway(
  db: Db,
  giveawayId: string,
  viewerId?: string,
): Promise<GiveawaySnapshot | undefined> {
  const found = await callCommand<Row | null>(db, 'giveaway_snapshot', { giveawayId, viewerId, shown: SHOWN });
  if (!found) return undefined;
  const { giveaway, rules, methods, prizeGroups, prizes, winners, winnerCount, draw, version, serverTime } = found;
  return {
    giveaway: {
      ...giveaway,
      opensAt: moment(giveaway.opensAt),
      closesAt: new Date(giveaway.closesAt),
      pausedAt: moment(giveaway.pausedAt),
    },
    terms: { methods, eligibility: rules.eligibility ?? {} },
    mode: modeRulesIn(rules),
    randomness: rules.randomness ?? 'commit_reveal',
    prizeGroups: prizeGroups.map((group) => ({ ...group, faceMinor: BigInt(group.faceMinor) })),
    prizes,
    winners,
    winnerCount,
    participantCount: await countParticipants(db, giveawayId),
    secretHash: draw?.secretHash ?? null,
    commitment: draw && publishedCommitment(draw),
    waitsFor: draw?.awaitedChain ? awaitedBeacon(draw.awaitedChain, draw.randomness as BeaconSource) : null,
    version,
    serverTime: new Date(serverTime),
  };
}

interface DrawRow {
  readonly secretHash: string;
  readonly commitmentHash: string | null;
  readonly randomness: RandomnessSource | null;
  readonly witness: Witness['kind'] | null;
  readonly awaitedChain: BeaconChain | null;
}

/** As the database answers: times and amounts are text. */
interface Row extends Pick<GiveawaySnapshot, 'prizes' | 'winners' | 'winnerCount' | 'version'> {
  readonly giveaway: Omit<GiveawayFacts, 'opensAt' | 'closesAt' | 'pausedAt'> & {
    readonly opensAt: string | null;
    readonly closesAt: string;
    readonly pausedAt: string | null;
  };
  readonly rules: Partial<ModeRules> & {
    readonly eligibility?: EligibilityRules;
    readonly randomness?: RandomnessSetting;
  };
  readonly methods: readonly EntryMethod[];
  readonly prizeGroups: readonly (Omit<PrizeGroupView, 'faceMinor'> & { readonly faceMinor: string })[];
  readonly draw: DrawRow | null;
  readonly serverTime: string;
}

const moment = (text: string | null): Date | null => (text === null ? null : new Date(text));

const publishedCommitment = ({ commitmentHash: hash, randomness, witness }: DrawRow): PublishedCommitment | null =>
  hash === null ? null : { hash, randomness, witness };

function awaitedBeacon(chain: BeaconChain, { round, chainHash }: BeaconSource): AwaitedBeacon {
  return { reason: 'beacon_round', round, chainHash, dueAt: new Date(roundTimeMs(chain, round)).toISOString() };
}
