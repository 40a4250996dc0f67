import type pg from 'pg';
import type { Cause } from '../../domain/cause.ts';
import { awardedRanks } from '../../domain/draw/assign-prizes.ts';
import type { BeaconChain } from '../../domain/draw/beacon.ts';
import { hashCommitment, type Commitment } from '../../domain/draw/commitment.ts';
import type { RandomnessTerms } from '../../domain/draw/randomness-rules.ts';
import { hasReached } from '../../domain/giveaway.ts';
import type { ModeRules } from '../../domain/giveaway-modes.ts';
import type { CommitmentSignature, ProofHead, Witness } from '../../domain/proof/proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { Database, Db } from '../connect.ts';
import { lockGiveaway, moveGiveaway } from './move-giveaway.ts';
import { readModeRules } from './prize-groups.ts';

export const FIRST_DRAW = 1;

/** The row of a giveaway's one draw, to read or to change. */
export const drawOf = (db: Db, giveawayId: string) =>
  db('giveaway_draws').where({ giveaway_id: giveawayId, draw_number: FIRST_DRAW });

export interface DrawRow {
  /** With commit–reveal. */
  readonly secret_sealed: Uint8Array | null;
  readonly secret_hash: Uint8Array | null;
  readonly randomness: RandomnessTerms;
  readonly witnessed: boolean;
  readonly rules_text: string;
  readonly commitment: Commitment | null;
  readonly signature: CommitmentSignature | null;
  readonly witness: Witness | null;
  readonly beacon_chain: BeaconChain | null;
  /** Hex; absent until the round is out. */
  readonly beacon_signature: string | null;
  readonly proof_head: ProofHead | null;
  /** Of the rows that were committed to, in hex. */
  readonly entries_digest: string | null;
}

export interface DrawMaterial {
  readonly openedAt: Date;
  readonly closedAt: Date;
  /** Units, in the order in which ranks take them. */
  readonly prizes: readonly { readonly id: string; readonly groupId: string }[];
  readonly mode: ModeRules;
  readonly draw: DrawRow;
}

/** What a draw rests on, besides its entries. */
export async function readDrawMaterial(db: Db, giveawayId: string): Promise<DrawMaterial> {
  const giveaway = await db('giveaways')
    .where({ id: giveawayId })
    .whereNotNull('closed_at')
    .first<{ openedAt: Date; closedAt: Date }>({ openedAt: 'opened_at', closedAt: 'closed_at' });
  const draw = await drawOf(db, giveawayId).first<DrawRow>();
  if (!giveaway || !draw) throw new Error(`Giveaway ${giveawayId} is not frozen`);
  const prizes = await db('giveaway_prizes')
    .where({ giveaway_id: giveawayId })
    .orderBy('position')
    .select<{ id: string; groupId: string }[]>({ id: 'id', groupId: 'group_id' });
  return { ...giveaway, prizes, draw, mode: await readModeRules(db, giveawayId) };
}

export const NO_WITNESS: Witness = { kind: 'operator-asserted' };

export interface SavedCommitment {
  readonly giveawayId: string;
  readonly commitment: Commitment;
  readonly signature: CommitmentSignature;
  readonly witness?: Witness;
  /** Of the beacon that the commitment names. */
  readonly chain?: BeaconChain | undefined;
  /** Of the rows that the root was made of: when they are read again it says cheaply that they are the same. */
  readonly entriesDigest?: string;
}

/**
 * CLOSED → DRAWING: the commitment is public, and from here the draw can only be carried out.
 * @returns the commitment that stands, which is the first one that was saved.
 */
export const saveCommitment = (
  db: Database,
  { giveawayId, commitment, signature, witness = NO_WITNESS, chain, entriesDigest }: SavedCommitment,
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWING')) return;
    const commitmentHash = hashCommitment(drawCrypto, commitment);
    await drawOf(trx, giveawayId).update({
      commitment: JSON.stringify(commitment),
      signature: JSON.stringify(signature),
      commitment_hash: commitmentHash,
      witness: JSON.stringify(witness),
      beacon_chain: chain ? JSON.stringify(chain) : null,
      entries_digest: entriesDigest ?? null,
      committed_at: trx.fn.now(),
    });
    await moveGiveaway(trx, {
      giveaway,
      from: ['CLOSED'],
      to: 'DRAWING',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawing',
      payload: { root: commitment.root, entryCount: commitment.entryCount, commitmentHash, witnessed: witness.kind },
      cause,
    });
  });

/** The signature of the round that was waited for; the first one stands. */
export async function saveBeaconSignature(db: Db, giveawayId: string, signature: string): Promise<void> {
  await drawOf(db, giveawayId).whereNull('beacon_signature').update({ beacon_signature: signature });
}

/** Ranks of a page of `giveaway_ranking_pages`. */
export const RANKS_PER_PAGE = 4_096;

/**
 * Keeps a page of the ranking: 32 bytes a rank, from `firstRank` on. The same page again changes nothing.
 * @throws when another page stands there: a ranking is fixed once.
 */
export async function saveRankingPage(
  client: pg.Client,
  { giveawayId, firstRank, commitments }: { giveawayId: string; firstRank: number; commitments: Uint8Array },
): Promise<void> {
  await client.query(SAVE_PAGE, [giveawayId, FIRST_DRAW, firstRank, commitments]);
}

const SAVE_PAGE = `
insert into giveaway_ranking_pages as p (giveaway_id, draw_number, first_rank, commitments) values ($1, $2, $3, $4)
on conflict (giveaway_id, draw_number, first_rank) do update set commitments = excluded.commitments`;

/** How many winners an event names; all of them are read page by page. */
const NAMED_WINNERS = 100;

/** One transaction over many awards, under the time-out of its activity. */
const STATEMENT_TIMEOUT_MS = 30_000;

/**
 * DRAWING → DRAWN: the proof and the awards of the ranking, whose pages are there already; at once and once.
 * @throws when pages of the ranking are missing.
 */
export const saveDraw = (
  db: Database,
  { giveawayId, head, rankedCount }: { giveawayId: string; head: ProofHead; rankedCount: number },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw(`set local statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWN')) return;
    const stored = await countRanked(trx, giveawayId);
    if (stored !== rankedCount)
      throw new Error(`${stored} of ${rankedCount} ranks of giveaway ${giveawayId} are there`);
    await drawOf(trx, giveawayId).update({ proof_head: JSON.stringify(head), drawn_at: trx.fn.now() });
    const awards = awardedRanks(head.commitment, rankedCount);
    await insertAwards(
      trx,
      giveawayId,
      awards.map(({ unitId, rank }) => ({ prizeId: unitId, rank, reason: 'drawn' })),
    );
    await moveGiveaway(trx, {
      giveaway,
      from: ['DRAWING'],
      to: 'DRAWN',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawn',
      payload: { winnerCount: awards.length, winners: await readWinners(trx, giveawayId) },
      cause,
    });
  });

async function readWinners(trx: Db, giveawayId: string): Promise<unknown[]> {
  const result: unknown = await trx.raw(
    `select a.id as "awardId", a.rank, a.prize_id as "prizeId", encode(p.commitment, 'hex') as participant
     from giveaway_awards a join giveaway_participants p using (giveaway_id, participant_id)
     where a.giveaway_id = ? and a.draw_number = ? order by a.rank limit ?`,
    [giveawayId, FIRST_DRAW, NAMED_WINNERS],
  );
  return (result as { rows: unknown[] }).rows;
}

/** How many were ranked; 0 before the draw. */
export async function countRanked(db: Db, giveawayId: string): Promise<number> {
  const result: unknown = await db.raw(
    `select coalesce(sum(octet_length(commitments) / 32), 0)::int as ranked from giveaway_ranking_pages
     where giveaway_id = ? and draw_number = ?`,
    [giveawayId, FIRST_DRAW],
  );
  return (result as { rows: [{ ranked: number }] }).rows[0].ranked;
}

export interface NewAward {
  readonly prizeId: string;
  readonly rank: number;
  readonly reason: string;
}

/** Offers prize units to ranks, in few statements. */
export async function insertAwards(trx: Db, giveawayId: string, awards: readonly NewAward[]): Promise<void> {
  for (const run of inRuns(awards)) await insertRun(trx, giveawayId, run);
}

/** Ranks of one run lie near each other: all that lies between them is read. */
function inRuns(awards: readonly NewAward[]): NewAward[][] {
  const runs: NewAward[][] = [];
  for (const award of awards.toSorted((left, right) => left.rank - right.rank)) {
    const run = runs.at(-1);
    if (run && award.rank - (run.at(-1)?.rank ?? 0) <= RANKS_PER_PAGE) run.push(award);
    else runs.push([award]);
  }
  return runs;
}

async function insertRun(trx: Db, giveawayId: string, awards: readonly NewAward[]): Promise<void> {
  await trx.raw('select insert_awards(?, ?, ?::uuid[], ?::int[], ?::text[])', [
    giveawayId,
    FIRST_DRAW,
    awards.map(({ prizeId }) => prizeId),
    awards.map(({ rank }) => rank),
    awards.map(({ reason }) => reason),
  ]);
}
