import type { Cause } from '../../domain/cause.ts';
import type { PrizeUnit } from '../../domain/draw/commitment.ts';
import { hasReached } from '../../domain/giveaway.ts';
import {
  INSTANT_WIN_VERSION,
  type InstantWinAttempt,
  type InstantWinCommitment,
  type InstantWinProof,
} from '../../domain/proof/instant-win-proof.ts';
import type { CommitmentSignature } from '../../domain/proof/proof.ts';
import type { Database, Db } from '../connect.ts';
import { drawOf, FIRST_DRAW } from './draw-giveaway.ts';
import { lockGiveaway, moveGiveaway } from './move-giveaway.ts';

export interface InstantWinMaterial {
  readonly openedAt: Date;
  readonly frozenAt: Date;
  /** The deadline as it was at the opening. */
  readonly closesAt: Date;
  readonly rulesText: string;
  readonly secretSealed: Uint8Array;
  readonly secretHash: Buffer;
  readonly units: readonly PrizeUnit[];
  readonly commitment: InstantWinCommitment | null;
  readonly signature: CommitmentSignature | null;
}

/** What the reveal of a frozen instant win rests on; undefined for a giveaway of another mode. */
export async function readInstantWinMaterial(db: Db, giveawayId: string): Promise<InstantWinMaterial | undefined> {
  const row = await db('giveaway_instant_wins as w')
    .join('giveaways as g', 'g.id', 'w.giveaway_id')
    .join('giveaway_draws as d', 'd.giveaway_id', 'w.giveaway_id')
    .where({ 'w.giveaway_id': giveawayId, 'd.draw_number': FIRST_DRAW })
    .whereNotNull('g.closed_at')
    .first<Omit<InstantWinMaterial, 'units'>>({
      openedAt: 'g.opened_at',
      frozenAt: 'g.closed_at',
      closesAt: 'w.closes_at',
      rulesText: 'd.rules_text',
      secretSealed: 'd.secret_sealed',
      secretHash: 'd.secret_hash',
      commitment: 'd.commitment',
      signature: 'd.signature',
    });
  if (!row) return undefined;
  const units = await db('giveaway_prizes')
    .where({ giveaway_id: giveawayId })
    .orderBy('position')
    .select<PrizeUnit[]>({ unitId: 'id', prizeId: 'group_id' });
  return { ...row, units };
}

const BATCH = 5_000;

/** Every attempt in the order of the numbers, in batches. */
export async function* readAttempts(db: Db, giveawayId: string): AsyncGenerator<InstantWinAttempt[]> {
  for (let after = 0; ;) {
    const result: unknown = await db.raw(ATTEMPTS, { giveawayId, after, limit: BATCH });
    const rows = (result as { rows: (InstantWinAttempt & { unitId: string | null })[] }).rows;
    const last = rows.at(-1);
    if (!last) return;
    yield rows.map(({ unitId, ...attempt }) => (unitId === null ? attempt : { ...attempt, unitId }));
    after = last.number;
  }
}

const ATTEMPTS = `
select t.number, t.entry_id as "entryId", encode(s.commitment, 'hex') as participant,
  encode(t.client_nonce, 'hex') as "clientNonce",
  to_char(t.received_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "receivedAt", t.unit_id as "unitId"
from giveaway_instant_attempts t
join giveaway_participants s on s.giveaway_id = t.giveaway_id and s.participant_id = t.participant_id
where t.giveaway_id = :giveawayId and t.number > :after order by t.number limit :limit`;

/** CLOSED → DRAWING: what was decided is signed and public; only now the secret may be. The first one stands. */
export const saveInstantWinCommitment = (
  db: Database,
  input: { giveawayId: string; commitment: InstantWinCommitment; signature: CommitmentSignature },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const { giveawayId, commitment, signature } = input;
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWING')) return;
    const saved = { commitment: JSON.stringify(commitment), signature: JSON.stringify(signature) };
    await drawOf(trx, giveawayId).update({ ...saved, committed_at: trx.fn.now() });
    await moveGiveaway(trx, {
      giveaway,
      from: ['CLOSED'],
      to: 'DRAWING',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawing',
      payload: { root: commitment.root, attemptCount: commitment.attemptCount },
      cause,
    });
  });

/** DRAWING → DRAWN: the secret and every attempt, which are rows, are public. The awards were made when they were won. */
export const saveInstantWinProof = (
  db: Database,
  { giveawayId, proof }: { giveawayId: string; proof: InstantWinProof },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWN')) return;
    const { attempts: _rows, ...head } = proof;
    await drawOf(trx, giveawayId).update({ proof_head: JSON.stringify(head), drawn_at: trx.fn.now() });
    await moveGiveaway(trx, {
      giveaway,
      from: ['DRAWING'],
      to: 'DRAWN',
      refusal: 'giveaway_not_open',
      event: 'giveaway.drawn',
      payload: { winners: [] },
      cause,
    });
  });

/** The proof of an instant win that was revealed; undefined before, and for a giveaway of another mode. */
export async function findInstantWinProof(db: Db, giveawayId: string): Promise<InstantWinProof | undefined> {
  const row = await drawOf(db, giveawayId)
    .whereNotNull('drawn_at')
    .whereRaw(`proof_head ->> 'version' = ?`, [INSTANT_WIN_VERSION])
    .first<{ proof_head: Omit<InstantWinProof, 'attempts'> }>('proof_head');
  if (!row) return undefined;
  const attempts: InstantWinAttempt[] = [];
  for await (const batch of readAttempts(db, giveawayId)) attempts.push(...batch);
  return { ...row.proof_head, attempts };
}
