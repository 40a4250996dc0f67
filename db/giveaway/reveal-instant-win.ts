import pg from 'pg';
import type { Cause } from '../../domain/cause.ts';
import type { PrizeUnit } from '../../domain/draw/commitment.ts';
import { InvalidDraw } from '../../domain/draw/invalid-draw.ts';
import { hasReached } from '../../domain/giveaway.ts';
import {
  INSTANT_WIN_VERSION,
  parseInstantWinHead,
  type InstantWinAttempt,
  type InstantWinCommitment,
  type InstantWinHead,
} from '../../domain/proof/instant-win-proof.ts';
import { InstantWinReader } from '../../domain/proof/instant-win-reader.ts';
import { attemptText, ATTEMPTS_END, instantWinHeadLine } from '../../domain/proof/instant-win-text.ts';
import type { CommitmentSignature, Witness } from '../../domain/proof/proof.ts';
import { drawCrypto } from '../../runtime/draw-crypto.ts';
import type { Database, Db } from '../connect.ts';
import { type ConnectionSettings, connectionSettings, type CopiedRow, copyRows, withConnection } from '../copy-rows.ts';
import { drawOf, FIRST_DRAW, NO_WITNESS } from './draw-giveaway.ts';
import { lockGiveaway, moveGiveaway } from './move-giveaway.ts';
import { writeList, type WriteLine } from './read-proof.ts';

export interface InstantWinMaterial {
  readonly openedAt: Date;
  readonly frozenAt: Date;
  /** The deadline as it was at the opening. */
  readonly closesAt: Date;
  readonly rulesText: string;
  readonly secretSealed: Uint8Array;
  readonly secretHash: Buffer;
  /** Of the secret's hash; null for the operator alone. */
  readonly witness: Witness | null;
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
      witness: 'd.witness',
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

/**
 * Every attempt in the order of the numbers, one at a time. Where `take` returns a promise nothing more is read until it
 * is kept.
 */
export async function readAttempts(
  client: pg.Client,
  giveawayId: string,
  take: (attempt: InstantWinAttempt) => void | Promise<void>,
): Promise<void> {
  // As of the entries of a draw: all rows are wanted, and sorted.
  await client.query(`set work_mem = '64MB'`);
  await copyRows(client, ATTEMPTS.replace(':giveawayId', pg.escapeLiteral(giveawayId)), (row) => take(toAttempt(row)));
}

const ATTEMPTS = `
select t.number, t.entry_id, s.commitment, t.client_nonce, t.received_at, coalesce(t.unit_id::text, '')
from giveaway_instant_attempts t join giveaway_participants s using (giveaway_id, participant_id)
where t.giveaway_id = :giveawayId order by t.number`;

function toAttempt(row: CopiedRow): InstantWinAttempt {
  const number = row.int32();
  const entryId = row.uuid();
  const participant = row.hex();
  const clientNonce = row.hex();
  const receivedAt = new Date(row.epochMs()).toISOString();
  const unitId = row.text();
  const attempt = { number, entryId, participant, clientNonce, receivedAt };
  return unitId === '' ? attempt : { ...attempt, unitId };
}

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
  { giveawayId, head }: { giveawayId: string; head: InstantWinHead },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (hasReached(giveaway.state, 'DRAWN')) return;
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

/** The head of an instant win's proof; undefined before it is revealed, and for a giveaway of another mode. */
export async function findInstantWinHead(db: Db, giveawayId: string): Promise<InstantWinHead | undefined> {
  const row = await drawOf(db, giveawayId)
    .whereNotNull('drawn_at')
    .whereRaw(`proof_head ->> 'version' like 'handsel-instant-win-%'`)
    .first<{ proof_head: Record<string, unknown> }>('proof_head');
  if (!row) return undefined;
  // Heads of before there was a witness say nothing of one.
  const kept = { witness: NO_WITNESS, ...row.proof_head, version: INSTANT_WIN_VERSION };
  return parseInstantWinHead(kept);
}

/** Writes the proof line by line, from the rows that it is about. */
export async function writeInstantWinProof(
  connection: ConnectionSettings,
  head: InstantWinHead,
  write: WriteLine,
): Promise<void> {
  const { giveawayId } = head.commitment;
  await withConnection(connection, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    await write(instantWinHeadLine(head));
    await writeList((line) => readAttempts(client, giveawayId, (attempt) => line(attemptText(attempt))), write);
    await write(ATTEMPTS_END);
  });
}

/** @throws InvalidDraw for the first thing that is wrong with the proof as it would be served. */
export async function checkInstantWinProof(connection: ConnectionSettings, head: InstantWinHead): Promise<void> {
  const reader = new InstantWinReader(drawCrypto, {});
  await writeInstantWinProof(connection, head, (line) => reader.read(line));
  reader.end();
}

/** Whether the proof that is served verifies; undefined for a giveaway of another mode. */
export async function verifyStoredInstantWin(db: Database, giveawayId: string): Promise<boolean | undefined> {
  try {
    const head = await findInstantWinHead(db, giveawayId);
    if (!head) return undefined;
    await checkInstantWinProof(connectionSettings(db), head);
    return true;
  } catch (error) {
    if (error instanceof InvalidDraw) return false;
    throw error;
  }
}
