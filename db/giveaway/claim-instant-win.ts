import type { InstantWinRule } from '../../domain/draw/instant-win.ts';
import type { ErrorCode } from '../../domain/errors.ts';
import { modeRulesIn, type ModeRules } from '../../domain/giveaway-modes.ts';
import type { Witness } from '../../domain/proof/proof.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { FIRST_DRAW, NO_WITNESS } from './draw-giveaway.ts';

export interface AttemptToWin {
  readonly entryId: string;
  readonly participantId: string;
  /** 32 bytes in hex. */
  readonly clientNonce: string;
  /** Whether it wins, if something can be won now. */
  readonly hit: boolean;
  readonly actor: string;
  readonly requestId: string;
}

/** Hashes in hex. */
export interface DecidedAttempt {
  readonly number: number;
  readonly entryId: string;
  readonly unitId: string | null;
  readonly awardId: string | null;
  readonly participant: string;
  readonly clientNonce: string;
  readonly receivedAt: string;
}

/** The attempt, or why there is none. */
export type InstantWinAnswer = { readonly attempt: DecidedAttempt } | { readonly code: ErrorCode };

export interface InstantWinAnswers {
  /** Nothing is left: so it stays, whoever claims or does not claim what was won. */
  readonly unitsLeft: number;
  /** In the order of the attempts. */
  readonly answers: readonly InstantWinAnswer[];
}

interface InstantWinBatch {
  readonly giveawayId: string;
  readonly attempts: readonly AttemptToWin[];
}

/**
 * Decides attempts in their order, in one transaction. Codes: giveaway_not_found, giveaway_not_open, giveaway_closed,
 * giveaway_paused, instant_win_not_found, instant_win_sold_out, instant_win_won_before, instant_win_attempted (another nonce),
 * entry_not_found, entry_not_eligible, entry_excluded.
 */
export const claimInstantWins = (db: Db, batch: InstantWinBatch): Promise<InstantWinAnswers> =>
  callCommand(db, 'claim_instant_wins', { ...batch });

/** The first answers of attempts that were made; the others are instant_win_sold_out. Takes no lock. */
export const repeatedInstantWins = (db: Db, batch: InstantWinBatch): Promise<InstantWinAnswers> =>
  callCommand(db, 'repeated_instant_wins', { ...batch });

/** What no longer changes once an instant win has opened. */
export interface OpenedInstantWin {
  readonly rule: InstantWinRule;
  readonly secretSealed: Uint8Array;
  /** Hex. */
  readonly secretHash: string;
  /** Of the hash, from before the opening. */
  readonly witness: Witness;
}

/** Undefined when there is none under this id, or it has not opened yet. */
export async function readInstantWin(db: Db, giveawayId: string): Promise<OpenedInstantWin | undefined> {
  const row = await db('giveaway_draws as d')
    .join('giveaways as g', 'g.id', 'd.giveaway_id')
    .where({ 'd.giveaway_id': giveawayId, 'd.draw_number': FIRST_DRAW })
    .first<{ rules: Partial<ModeRules>; secret_sealed: Uint8Array; secret_hash: Buffer; witness: Witness | null }>(
      'g.rules',
      'd.secret_sealed',
      'd.secret_hash',
      'd.witness',
    );
  const rule = row && modeRulesIn(row.rules).instantWin;
  if (!row || !rule) return undefined;
  const { secret_sealed: secretSealed, secret_hash: secretHash, witness } = row;
  return { rule, secretSealed, secretHash: secretHash.toString('hex'), witness: witness ?? NO_WITNESS };
}

export interface InstantWinCounts {
  readonly attemptCount: number;
  readonly unitsLeft: number;
}

/** Undefined when there is none under this id, or it has not opened yet. */
export async function countInstantWin(db: Db, giveawayId: string): Promise<InstantWinCounts | undefined> {
  const result: unknown = await db.raw(
    `select attempt_count as "attemptCount", units_left as "unitsLeft" from giveaway_instant_wins where giveaway_id = ?`,
    [giveawayId],
  );
  return (result as { rows: InstantWinCounts[] }).rows[0];
}
