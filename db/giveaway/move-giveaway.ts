import type { Cause } from '../../domain/cause.ts';
import { DomainError, type ErrorCode } from '../../domain/errors.ts';
import type { GiveawayState } from '../../domain/giveaway.ts';
import type { Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

export interface GiveawayRow {
  readonly id: string;
  readonly host_id: string;
  readonly title: string;
  readonly state: GiveawayState;
  readonly currency: string;
  readonly opens_at: Date | null;
  readonly closes_at: Date;
  readonly claim_window_ms: bigint;
  readonly publish_id: string | null;
  readonly opened_at: Date | null;
  readonly closed_at: Date | null;
  readonly draw_requested_at: Date | null;
  readonly paused_at: Date | null;
  readonly promised_closes_at: Date | null;
  readonly rules: Readonly<Record<string, unknown>>;
}

/** @throws DomainError giveaway_not_found. */
export async function lockGiveaway(trx: Db, giveawayId: string): Promise<GiveawayRow> {
  const row = await trx<GiveawayRow>('giveaways').where({ id: giveawayId }).forNoKeyUpdate().first();
  if (!row) throw new DomainError('giveaway_not_found', 'There is no such giveaway.', { giveawayId });
  return row;
}

export interface GiveawayMove {
  readonly giveaway: GiveawayRow;
  readonly from: readonly GiveawayState[];
  readonly to: GiveawayState;
  readonly refusal: ErrorCode;
  readonly change?: Readonly<Record<string, unknown>>;
  readonly event: string;
  readonly payload?: Readonly<Record<string, unknown>>;
  readonly cause: Cause;
}

/** @throws DomainError the refusal, when the giveaway is in none of these states. */
export function requirePhase({ id, state }: GiveawayRow, from: readonly GiveawayState[], refusal: ErrorCode): void {
  if (from.includes(state)) return;
  throw new DomainError(refusal, `The giveaway is ${state}.`, { giveawayId: id, state });
}

/**
 * Moves a giveaway that the caller has locked, and says so in an event.
 * @throws DomainError the given refusal when it is in none of the states to start from.
 */
export async function moveGiveaway(trx: Db, move: GiveawayMove): Promise<void> {
  const { giveaway, to, cause } = move;
  requirePhase(giveaway, move.from, move.refusal);
  await trx('giveaways')
    .where({ id: giveaway.id })
    .update({ state: to, ...move.change, updated_at: trx.fn.now() });
  await appendEvent(trx, {
    aggregateType: 'giveaway',
    aggregateId: giveaway.id,
    type: move.event,
    payload: { state: to, closesAt: giveaway.closes_at.toISOString(), ...move.payload },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
}
