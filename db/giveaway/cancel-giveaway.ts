import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { GiveawayState } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { lockGiveaway, moveGiveaway } from './move-giveaway.ts';

/** Until the draw is committed to: from then on the winners stand, though nobody knows them yet. */
const CANCELLABLE: readonly GiveawayState[] = ['DRAFT', 'FUNDING_FAILED', 'SCHEDULED', 'OPEN', 'CLOSED'];

/**
 * Ends a giveaway before its draw. Takes the giveaway's advisory lock, as the freeze does: an entry that was let in has
 * committed, and none comes after.
 * @throws DomainError giveaway_not_found, giveaway_not_cancellable.
 */
export const cancelGiveaway = (
  db: Database,
  { giveawayId, reason }: { giveawayId: string; reason: string },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (giveaway.state === 'CANCELLED') return;
    await requireNoAttempt(trx, giveawayId);
    await moveGiveaway(trx, {
      giveaway,
      from: CANCELLABLE,
      to: 'CANCELLED',
      refusal: 'giveaway_not_cancellable',
      event: 'giveaway.cancelled',
      payload: { reason },
      cause,
    });
  });

/** Of an instant win what has been tried stands, from the first attempt on. */
async function requireNoAttempt(trx: Db, giveawayId: string): Promise<void> {
  const row = await trx('giveaway_instant_wins')
    .where({ giveaway_id: giveawayId })
    .first<{ attempt_count: number }>('attempt_count');
  if (!row || row.attempt_count === 0) return;
  throw new DomainError('giveaway_not_cancellable', 'There have been attempts to win.', { giveawayId });
}

export interface LeftOverPrizes {
  readonly hostId: string;
  readonly currency: string;
  readonly reason: 'cancelled' | 'unassigned';
  readonly cardIds: readonly string[];
}

/** Prize units that nobody holds, and nobody will: of a giveaway that was cancelled, or whose awards are all final. */
export async function leftOverPrizes(db: Db, giveawayId: string): Promise<LeftOverPrizes> {
  const result: unknown = await db.raw(
    `select g.host_id as "hostId", g.currency, case g.state when 'CANCELLED' then 'cancelled' else 'unassigned' end as reason,
       array(select p.card_id from giveaway_prizes p where p.giveaway_id = g.id and p.card_id is not null and not exists (
         select from giveaway_awards a where a.prize_id = p.id and a.state not in ('EXPIRED', 'DECLINED', 'DISQUALIFIED'))
         order by p.card_id) as "cardIds"
     from giveaways g where g.id = ?`,
    [giveawayId],
  );
  const [row] = (result as { rows: LeftOverPrizes[] }).rows;
  if (!row) throw new Error(`There is no giveaway ${giveawayId}`);
  return row;
}

/** All prizes of a cancelled giveaway are on their way back: nobody has to look after it any more. */
export async function noteRelease(db: Db, giveawayId: string): Promise<void> {
  await db('giveaways')
    .where({ id: giveawayId, state: 'CANCELLED' })
    .whereNull('prizes_released_at')
    .update({ prizes_released_at: db.fn.now() });
}
