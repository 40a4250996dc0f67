import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { DEFAULT_HOST_RULES, type HostRules } from '../../domain/official-rules.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { requireDeadlineAhead } from './create-giveaway.ts';
import { lockGiveaway, type GiveawayRow } from './move-giveaway.ts';
import { publishRules } from './rules-versions.ts';
import { verifyNow } from './verify-entries.ts';

export interface MovedDeadline {
  readonly closesAt: string;
}

/**
 * Ends entry now, where the rules said that the host may. The freeze follows as at any deadline.
 * @throws DomainError giveaway_not_found, giveaway_not_open, giveaway_early_close_not_allowed.
 */
export const closeGiveawayEarly = (
  db: Database,
  { giveawayId, reason }: { giveawayId: string; reason: string },
  cause: Cause,
): Promise<MovedDeadline> =>
  moving(db, giveawayId, async (trx, giveaway) => {
    const { rows } = (await trx.raw('select clock_timestamp() as now, ? <= clock_timestamp() as over', [
      giveaway.closes_at,
    ])) as { rows: [{ now: Date; over: boolean }] };
    const [{ now, over }] = rows;
    if (over) return { closesAt: giveaway.closes_at.toISOString() };
    if (!hostRulesOf(giveaway).earlyClose)
      throw new DomainError('giveaway_early_close_not_allowed', 'The rules do not let the host end entry early.', {
        giveawayId,
      });
    await verifyNow(trx, giveawayId);
    return move(trx, { giveaway, closesAt: now, event: 'giveaway.closing_early', reason }, cause);
  });

/**
 * Puts the deadline off, within what the rules said, measured from the deadline that entrants were told first.
 * @throws DomainError giveaway_not_found, giveaway_not_open, giveaway_closed, giveaway_extension_not_allowed.
 */
export const extendGiveaway = (
  db: Database,
  { giveawayId, closesAt, reason }: { giveawayId: string; closesAt: Date; reason: string },
  cause: Cause,
): Promise<MovedDeadline> =>
  moving(db, giveawayId, async (trx, giveaway) => {
    if (giveaway.closes_at.getTime() === closesAt.getTime()) return { closesAt: closesAt.toISOString() };
    const promised = giveaway.promised_closes_at ?? giveaway.closes_at;
    const latest = promised.getTime() + hostRulesOf(giveaway).maxExtensionMs;
    if (closesAt <= giveaway.closes_at || closesAt.getTime() > latest)
      throw new DomainError(
        'giveaway_extension_not_allowed',
        'The rules do not let the host move the deadline there.',
        {
          closesAt: giveaway.closes_at.toISOString(),
          latest: new Date(latest).toISOString(),
        },
      );
    await requireDeadlineAhead(trx, giveaway.closes_at);
    return move(trx, { giveaway, closesAt, event: 'giveaway.extended', reason }, cause);
  });

const hostRulesOf = ({ rules }: GiveawayRow): HostRules => ({
  ...DEFAULT_HOST_RULES,
  ...(rules as Partial<HostRules>),
});

/** Exclusive with entries and with the freeze. */
const moving = (
  db: Database,
  giveawayId: string,
  work: (trx: Db, giveaway: GiveawayRow) => Promise<MovedDeadline>,
): Promise<MovedDeadline> =>
  db.transaction(async (trx) => {
    await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [giveawayId]);
    const giveaway = await lockGiveaway(trx, giveawayId);
    if (giveaway.state !== 'OPEN')
      throw new DomainError('giveaway_not_open', `The giveaway is ${giveaway.state}.`, { state: giveaway.state });
    return work(trx, giveaway);
  });

interface Move {
  readonly giveaway: GiveawayRow;
  readonly closesAt: Date;
  readonly event: string;
  readonly reason: string;
}

async function move(trx: Db, { giveaway, closesAt, event, reason }: Move, cause: Cause): Promise<MovedDeadline> {
  await trx('giveaways')
    .where({ id: giveaway.id })
    .update({
      closes_at: closesAt,
      promised_closes_at: giveaway.promised_closes_at ?? giveaway.closes_at,
      updated_at: trx.fn.now(),
    });
  const rules = { giveawayId: giveaway.id, changed: ['closesAt'], notice: reason };
  const rulesVersion = await publishRules(trx, rules, cause);
  await appendEvent(trx, {
    aggregateType: 'giveaway',
    aggregateId: giveaway.id,
    type: event,
    payload: {
      state: giveaway.state,
      closesAt: closesAt.toISOString(),
      was: giveaway.closes_at.toISOString(),
      reason,
      rulesVersion,
    },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
  return { closesAt: closesAt.toISOString() };
}
