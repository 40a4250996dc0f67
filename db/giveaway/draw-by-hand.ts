import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { lockGiveaway, type GiveawayRow } from './move-giveaway.ts';
import { readModeRules } from './prize-groups.ts';
import { verifyNow } from './verify-entries.ts';

/**
 * The host asks for the draw. Entry ends now, if it has not ended before: the giveaway's advisory lock, which the freeze
 * takes as well, waits for every entry that was let in. Asked again, the first time stands.
 * @throws DomainError giveaway_not_found, giveaway_not_open (too early), draw_not_by_hand (the rules do not allow it),
 *   draw_not_possible (entry has ended and the draw goes on by itself, or the giveaway is cancelled).
 */
export const requestDraw = (db: Database, giveawayId: string, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (giveaway.draw_requested_at !== null) return;
    await requireByHand(trx, giveaway);
    const closesAt = giveaway.state === 'OPEN' ? await endEntry(trx, giveawayId) : giveaway.closes_at;
    await trx('giveaways')
      .where({ id: giveawayId })
      .update({ draw_requested_at: trx.raw('clock_timestamp()'), updated_at: trx.fn.now() });
    await appendEvent(trx, {
      aggregateType: 'giveaway',
      aggregateId: giveawayId,
      type: 'giveaway.draw_requested',
      payload: { state: giveaway.state, closesAt: closesAt.toISOString() },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
  });

async function requireByHand(trx: Db, { id, state }: GiveawayRow): Promise<void> {
  const { drawBy } = await readModeRules(trx, id);
  const details = { giveawayId: id, state };
  if (drawBy === 'deadline')
    throw new DomainError('draw_not_by_hand', 'The rules have the draw at the deadline.', details);
  if (state === 'SCHEDULED') throw new DomainError('giveaway_not_open', 'The giveaway has not opened yet.', details);
  if (state === 'OPEN' || (state === 'CLOSED' && drawBy === 'hand')) return;
  throw new DomainError('draw_not_possible', `The giveaway is ${state}.`, details);
}

/**
 * The deadline is now. Whoever is to be asked once more at the deadline is asked now.
 * @returns the deadline, which has passed.
 */
async function endEntry(trx: Db, giveawayId: string): Promise<Date> {
  const result: unknown = await trx.raw(
    'update giveaways set closes_at = least(closes_at, clock_timestamp()) where id = ? returning closes_at',
    [giveawayId],
  );
  await verifyNow(trx, giveawayId);
  return (result as { rows: [{ closes_at: Date }] }).rows[0].closes_at;
}
