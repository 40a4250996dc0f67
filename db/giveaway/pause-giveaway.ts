import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { lockGiveaway } from './move-giveaway.ts';

export interface PauseGiveaway {
  readonly giveawayId: string;
  readonly hostId: string;
  readonly paused: boolean;
  readonly reason: string;
}

/**
 * Takes no entries for a while, or takes them again; the deadline stays. Exclusive with entries, as the freeze is: once it
 * is answered none is received any more. A repeat changes nothing.
 * @throws DomainError giveaway_not_found (also for somebody else's), giveaway_not_open.
 */
export const pauseGiveaway = (db: Database, input: PauseGiveaway, cause: Cause): Promise<{ pausedAt: Date | null }> =>
  db.transaction(async (trx) => {
    const { giveawayId, paused } = input;
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (giveaway.host_id !== input.hostId)
      throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId });
    if (giveaway.state !== 'OPEN')
      throw new DomainError('giveaway_not_open', `The giveaway is ${giveaway.state}.`, { state: giveaway.state });
    if ((giveaway.paused_at !== null) === paused) return { pausedAt: giveaway.paused_at };
    const pausedAt = paused ? new Date() : null;
    await trx('giveaways').where({ id: giveawayId }).update({ paused_at: pausedAt, updated_at: trx.fn.now() });
    await appendEvent(trx, {
      aggregateType: 'giveaway',
      aggregateId: giveawayId,
      type: paused ? 'giveaway.paused' : 'giveaway.resumed',
      payload: { state: giveaway.state, closesAt: giveaway.closes_at.toISOString(), paused, reason: input.reason },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
    return { pausedAt };
  });
