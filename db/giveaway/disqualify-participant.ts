import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { hasReached } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { vacateAwards } from './expire-claims.ts';
import { lockGiveaway } from './move-giveaway.ts';

export interface DisqualifyParticipant {
  readonly giveawayId: string;
  readonly participantId: string;
  readonly reason: string;
  /** What shows that this person may not win: from here on a suspicion is not enough. */
  readonly evidence: string;
  /** `user:<id>`: the person, also where an API key speaks for them. */
  readonly decidedBy: string;
  readonly byHost: boolean;
}

export interface Disqualification {
  readonly participantId: string;
  readonly reason: string;
  readonly evidence: string;
  readonly requestedBy: string;
  readonly requestedByHost: boolean;
  readonly approvedBy: string | null;
}

/**
 * After the freeze, or of whoever has won at once, it takes two people, of whom one is not the host: the first asks, another
 * one approves. The first reason and evidence stand. With the approval open awards go to the next rank; nobody else moves,
 * and a prize whose claim was verified stays where it is.
 * @throws DomainError giveaway_not_found, disqualification_not_possible (nothing is won, and entry is not frozen; or all
 *   that was won is theirs).
 */
export const disqualifyParticipant = (
  db: Database,
  input: DisqualifyParticipant,
  cause: Cause,
): Promise<Disqualification> =>
  db.transaction(async (trx) => {
    const { giveawayId, participantId } = input;
    const { state } = await lockGiveaway(trx, giveawayId);
    if (!hasReached(state, 'CLOSED') && !(await hasWon(trx, input))) {
      throw new DomainError('disqualification_not_possible', `The giveaway is ${state}.`, { giveawayId, state });
    }
    const asked = {
      reason: input.reason,
      evidence: input.evidence,
      requested_by: input.decidedBy,
      requested_by_host: input.byHost,
    };
    const inserted = await trx('giveaway_disqualifications')
      .insert({ giveaway_id: giveawayId, participant_id: participantId, ...asked })
      .onConflict(['giveaway_id', 'participant_id'])
      // What was found to be nothing may be asked for anew.
      .merge({ ...asked, requested_at: trx.fn.now(), rejected_by: null, rejected_at: null })
      .whereNotNull('giveaway_disqualifications.rejected_at')
      .returning('participant_id');
    if (inserted.length > 0) await appendDecision(trx, input, 'requested', cause);
    const found = await read(trx, input);
    const another = found.requestedBy !== input.decidedBy && !(found.requestedByHost && input.byHost);
    if (found.approvedBy !== null || !another) return found;
    await trx('giveaway_disqualifications')
      .where({ giveaway_id: giveawayId, participant_id: participantId })
      .update({ approved_by: input.decidedBy, approved_at: trx.fn.now() });
    await appendDecision(trx, input, 'approved', cause);
    await vacateAwards(trx, input, cause);
    return { ...found, approvedBy: input.decidedBy };
  });

/** At once, while entry goes on. */
async function hasWon(trx: Db, { giveawayId, participantId }: DisqualifyParticipant): Promise<boolean> {
  const award = await trx('giveaway_awards')
    .where({ giveaway_id: giveawayId, participant_id: participantId })
    .first('id');
  return award !== undefined;
}

async function read(trx: Db, { giveawayId, participantId }: DisqualifyParticipant): Promise<Disqualification> {
  const row = await trx('giveaway_disqualifications')
    .where({ giveaway_id: giveawayId, participant_id: participantId })
    .first<Disqualification>({
      participantId: 'participant_id',
      reason: 'reason',
      evidence: 'evidence',
      requestedBy: 'requested_by',
      requestedByHost: 'requested_by_host',
      approvedBy: 'approved_by',
    });
  if (!row) throw new Error(`The disqualification of ${participantId} is not where it was just written`);
  return row;
}

const appendDecision = (
  trx: Db,
  { giveawayId, participantId, decidedBy }: DisqualifyParticipant,
  step: 'requested' | 'approved',
  cause: Cause,
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'disqualification',
    aggregateId: participantId,
    type: `giveaway.disqualification.${step}`,
    payload: { giveawayId, participantId, decidedBy },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
