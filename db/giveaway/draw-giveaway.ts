import type { Cause } from '../../domain/cause.ts';
import { hashCommitment, type Commitment } from '../../domain/draw/commitment.ts';
import type { DrawEntry } from '../../domain/draw/entry.ts';
import { toHex } from '../../domain/draw/bytes.ts';
import { hasReached } from '../../domain/giveaway.ts';
import { nameUuid } from '../../domain/ids.ts';
import type { CommitmentSignature, Proof } from '../../domain/proof/proof.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { Database, Db } from '../connect.ts';
import { lockGiveaway, moveGiveaway } from './move-giveaway.ts';

export const FIRST_DRAW = 1;

export interface DrawRow {
  readonly secret_sealed: Uint8Array;
  readonly secret_hash: Uint8Array;
  readonly rules_text: string;
  readonly commitment: Commitment | null;
  readonly signature: CommitmentSignature | null;
  readonly proof: Proof | null;
}

export interface DrawMaterial {
  readonly openedAt: Date;
  readonly closedAt: Date;
  readonly prizes: readonly { readonly id: string; readonly position: number; readonly cardId: string }[];
  readonly draw: DrawRow;
}

/** What a draw rests on, besides its entries. */
export async function readDrawMaterial(db: Db, giveawayId: string): Promise<DrawMaterial> {
  const giveaway = await db('giveaways')
    .where({ id: giveawayId })
    .whereNotNull('closed_at')
    .first<{ openedAt: Date; closedAt: Date }>({ openedAt: 'opened_at', closedAt: 'closed_at' });
  const draw = await db('giveaway_draws').where({ giveaway_id: giveawayId, draw_number: FIRST_DRAW }).first<DrawRow>();
  if (!giveaway || !draw) throw new Error(`Giveaway ${giveawayId} is not frozen`);
  const prizes = await db('giveaway_prizes')
    .where({ giveaway_id: giveawayId })
    .orderBy('position')
    .select<{ id: string; position: number; cardId: string }[]>({ id: 'id', position: 'position', cardId: 'card_id' });
  return { ...giveaway, prizes, draw };
}

const BATCH = 5_000;

/** Every receipted entry in the order of the ids, in batches: memory stays flat. */
export async function* readDrawEntries(db: Db, giveawayId: string): AsyncGenerator<DrawEntry[]> {
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const rows = await db('giveaway_entries as e')
      .join('giveaway_participants as p', (on) =>
        on.on('p.giveaway_id', 'e.giveaway_id').andOn('p.participant_id', 'e.participant_id'),
      )
      .where('e.giveaway_id', giveawayId)
      .andWhere('e.id', '>', after)
      .orderBy('e.id')
      .limit(BATCH)
      .select<{ id: string; commitment: Uint8Array; weight: number; reason: string; received_at: Date }[]>(
        'e.id',
        'p.commitment',
        'e.weight',
        'e.reason',
        'e.received_at',
      );
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map((row) => ({
      entryId: row.id,
      participant: toHex(row.commitment),
      weight: row.reason === 'eligible' ? row.weight : 0,
      reason: row.reason,
      receivedAt: row.received_at.toISOString(),
    }));
    after = last.id;
  }
}

/**
 * CLOSED → DRAWING: the commitment is public, and from here the draw can only be carried out.
 * @returns the commitment that stands, which is the first one that was saved.
 */
export const saveCommitment = (
  db: Database,
  { giveawayId, commitment, signature }: { giveawayId: string; commitment: Commitment; signature: CommitmentSignature },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWING')) return;
    const commitmentHash = hashCommitment(drawCrypto, commitment);
    await trx('giveaway_draws')
      .where({ giveaway_id: giveawayId, draw_number: FIRST_DRAW })
      .update({
        commitment: JSON.stringify(commitment),
        signature: JSON.stringify(signature),
        committed_at: trx.fn.now(),
      });
    await moveGiveaway(trx, {
      giveaway,
      from: ['CLOSED'],
      to: 'DRAWING',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawing',
      payload: { root: commitment.root, entryCount: commitment.entryCount, commitmentHash },
      cause,
    });
  });

/** DRAWING → DRAWN: the proof, the ranking and the awards, at once and once. */
export const saveDraw = (
  db: Database,
  { giveawayId, proof }: { giveawayId: string; proof: Proof },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWN')) return;
    await trx('giveaway_draws')
      .where({ giveaway_id: giveawayId, draw_number: FIRST_DRAW })
      .update({
        proof: JSON.stringify(proof),
        drawn_at: trx.fn.now(),
      });
    await saveRanking(trx, giveawayId, proof.ranking);
    await saveAwards(trx, giveawayId, proof);
    await moveGiveaway(trx, {
      giveaway,
      from: ['DRAWING'],
      to: 'DRAWN',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawn',
      payload: {
        winners: proof.awards.map((award) => ({
          awardId: awardId(giveawayId, award.rank),
          rank: award.rank,
          prizeId: award.unitId,
          participant: award.participant,
        })),
      },
      cause,
    });
  });

export const awardId = (giveawayId: string, rank: number): string =>
  nameUuid(sha1, 'award', giveawayId, String(FIRST_DRAW), String(rank));

async function saveRanking(trx: Db, giveawayId: string, ranking: readonly string[]): Promise<void> {
  await trx.raw(
    `insert into giveaway_ranking (giveaway_id, draw_number, rank, participant_id)
     select ?, ?, r.rank, p.participant_id
     from unnest(?::text[]) with ordinality r(commitment, rank)
     join giveaway_participants p on p.giveaway_id = ? and p.commitment = decode(r.commitment, 'hex')`,
    [giveawayId, FIRST_DRAW, [...ranking], giveawayId],
  );
}

async function saveAwards(trx: Db, giveawayId: string, proof: Proof): Promise<void> {
  for (const award of proof.awards) await insertAward(trx, giveawayId, award.unitId, award.rank, 'drawn');
}

/** Offers a prize unit to a rank; the claim window starts now. */
export async function insertAward(
  trx: Db,
  giveawayId: string,
  prizeId: string,
  rank: number,
  reason: string,
): Promise<void> {
  await trx.raw(
    `insert into giveaway_awards (id, giveaway_id, draw_number, prize_id, rank, participant_id, reason, claim_expires_at)
     select ?, r.giveaway_id, r.draw_number, ?, r.rank, r.participant_id, ?,
       clock_timestamp() + g.claim_window_ms * interval '1 millisecond'
     from giveaway_ranking r join giveaways g on g.id = r.giveaway_id
     where r.giveaway_id = ? and r.draw_number = ? and r.rank = ?`,
    [awardId(giveawayId, rank), prizeId, reason, giveawayId, FIRST_DRAW, rank],
  );
}
