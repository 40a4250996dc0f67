import type { Cause } from '../../domain/cause.ts';
import { nextRank } from '../../domain/draw/next-rank.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AwardState } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { awardId, FIRST_DRAW, insertAward } from './draw-giveaway.ts';
import { lockGiveaway } from './move-giveaway.ts';

export interface Award {
  readonly id: string;
  readonly giveawayId: string;
  readonly prizeId: string;
  readonly cardId: string;
  readonly participantId: string;
  readonly rank: number;
  readonly state: AwardState;
}

const AWARD_COLUMNS = {
  id: 'a.id',
  giveawayId: 'a.giveaway_id',
  prizeId: 'a.prize_id',
  cardId: 'p.card_id',
  participantId: 'a.participant_id',
  rank: 'a.rank',
  state: 'a.state',
} as const;

interface LockedAward extends Award {
  readonly overdue: boolean;
}

/**
 * NOTIFIED → CLAIMED, within the claim window by the database's clock. Claimed before by the same person: the same
 * answer again. `workflowId` is who carries the claim through from here.
 * @throws DomainError award_not_found, award_not_yours, award_claim_expired, award_not_claimable.
 */
export const claimAward = (
  db: Database,
  input: { awardId: string; participantId: string; workflowId?: string | undefined },
  cause: Cause,
): Promise<Award> =>
  db.transaction(async (trx) => {
    const award = await lockAward(trx, input.awardId);
    if (award.participantId !== input.participantId) {
      throw new DomainError('award_not_yours', 'This prize was awarded to somebody else.', { awardId: award.id });
    }
    if (award.state === 'CLAIMED' || award.state === 'FULFILLED') return award;
    if (award.state === 'EXPIRED' || (award.state === 'NOTIFIED' && award.overdue)) {
      throw new DomainError('award_claim_expired', 'The time to claim this prize is over.', { awardId: award.id });
    }
    if (award.state !== 'NOTIFIED') {
      throw new DomainError('award_not_claimable', `The award is ${award.state}.`, {
        awardId: award.id,
        state: award.state,
      });
    }
    const claimed = { state: 'CLAIMED', claimed_at: trx.fn.now(), claim_workflow_id: input.workflowId ?? null };
    await moveAward(trx, award, claimed, 'giveaway.award.claimed', cause);
    return { ...award, state: 'CLAIMED' };
  });

/** CLAIMED → FULFILLED: the card is the winner's. @returns how many awards of the giveaway are still open. */
export const fulfilAward = (
  db: Database,
  id: string,
  cause: Cause,
): Promise<{ giveawayId: string; openAwards: number }> =>
  db.transaction(async (trx) => {
    const award = await lockAward(trx, id);
    if (award.state !== 'FULFILLED') {
      if (award.state !== 'CLAIMED')
        throw new DomainError('award_not_claimable', `The award is ${award.state}.`, { awardId: id });
      await moveAward(
        trx,
        award,
        { state: 'FULFILLED', fulfilled_at: trx.fn.now() },
        'giveaway.award.fulfilled',
        cause,
      );
    }
    return { giveawayId: award.giveawayId, openAwards: await countOpen(trx, award.giveawayId) };
  });

export interface AwardsProgress {
  readonly openAwards: number;
  /** Until the next claim window ends; null when none is running. */
  readonly nextExpiryInMs: number | null;
}

/**
 * Ends the claim windows that are over, and the awards of who was disqualified before they were made; offers each
 * vacated unit to the next rank that was never offered one. The giveaway's row comes first: ranks are promoted one by one.
 * @returns what is still open; safe to repeat at any time.
 */
export const expireAwards = (db: Database, giveawayId: string, cause: Cause): Promise<AwardsProgress> =>
  db.transaction(async (trx) => {
    await lockGiveaway(trx, giveawayId);
    const disqualified = await disqualifiedIn(trx, giveawayId);
    const due = await trx('giveaway_awards')
      .where({ giveaway_id: giveawayId, state: 'NOTIFIED' })
      .andWhere((either) => {
        void either
          .where('claim_expires_at', '<=', trx.raw('clock_timestamp()'))
          .orWhereIn('participant_id', [...disqualified]);
      })
      .orderBy('rank')
      .forUpdate()
      .select<{ id: string }[]>('id');
    for (const { id } of due) {
      const award = await lockAward(trx, id);
      await vacateAward(trx, award, disqualified.has(award.participantId) ? 'DISQUALIFIED' : 'EXPIRED', cause);
    }
    return readProgress(trx, giveawayId);
  });

/** Ends an award that the caller has locked, after its giveaway, and promotes the next rank. */
async function vacateAward(trx: Db, award: Award, state: 'EXPIRED' | 'DISQUALIFIED', cause: Cause): Promise<void> {
  await moveAward(trx, award, { state }, `giveaway.award.${state.toLowerCase()}`, cause);
  await promote(trx, award, state, cause);
}

/**
 * Takes the open award of somebody who was disqualified, if there is one, and promotes the next rank. The caller has
 * locked the giveaway.
 * @throws DomainError disqualification_not_possible when the prize is theirs already.
 */
export async function vacateAwardsOf(
  trx: Db,
  { giveawayId, participantId }: { giveawayId: string; participantId: string },
  cause: Cause,
): Promise<void> {
  const live = await trx('giveaway_awards')
    .where({ giveaway_id: giveawayId, participant_id: participantId })
    .whereNotIn('state', ['EXPIRED', 'DECLINED', 'DISQUALIFIED'])
    .orderBy('rank')
    .select<{ id: string }[]>('id');
  for (const { id } of live) {
    const award = await lockAward(trx, id);
    if (award.state !== 'NOTIFIED') {
      throw new DomainError('disqualification_not_possible', `The award is ${award.state}.`, {
        awardId: id,
        state: award.state,
      });
    }
    await vacateAward(trx, award, 'DISQUALIFIED', cause);
  }
}

async function disqualifiedIn(trx: Db, giveawayId: string): Promise<ReadonlySet<string>> {
  const rows = await trx('giveaway_disqualifications')
    .where({ giveaway_id: giveawayId })
    .whereNotNull('approved_by')
    .select<{ participant_id: string }[]>('participant_id');
  return new Set(rows.map((row) => row.participant_id));
}

/** The vacated unit goes to the lowest rank that was never offered a prize and may have it; nobody else moves. */
async function promote(trx: Db, vacated: Award, why: 'EXPIRED' | 'DISQUALIFIED', cause: Cause): Promise<void> {
  const offered = await trx('giveaway_awards')
    .where({ giveaway_id: vacated.giveawayId, draw_number: FIRST_DRAW })
    .select<{ rank: number }[]>('rank');
  const ranked = await trx('giveaway_ranking')
    .where({ giveaway_id: vacated.giveawayId, draw_number: FIRST_DRAW })
    .max<{ most: number | null }[]>({ most: 'rank' });
  const disqualified = await trx('giveaway_ranking')
    .where({ giveaway_id: vacated.giveawayId, draw_number: FIRST_DRAW })
    .whereIn('participant_id', [...(await disqualifiedIn(trx, vacated.giveawayId))])
    .select<{ rank: number }[]>('rank');
  const failed = new Set(disqualified.map(({ rank }) => rank));
  const next = nextRank(ranked[0]?.most ?? 0, new Set(offered.map(({ rank }) => rank)), (rank) =>
    failed.has(rank) ? 'FAIL' : 'PASS',
  );
  if (next.kind !== 'promoted') return;
  const reason = `promoted: rank ${vacated.rank} ${why === 'EXPIRED' ? 'expired' : 'was disqualified'}`;
  await insertAward(trx, vacated.giveawayId, vacated.prizeId, next.rank, reason);
  await appendAwardEvent(
    trx,
    { ...vacated, id: awardId(vacated.giveawayId, next.rank), rank: next.rank },
    'giveaway.award.promoted',
    cause,
  );
}

async function readProgress(trx: Db, giveawayId: string): Promise<AwardsProgress> {
  const result = await trx.raw(
    `select count(*) filter (where a.state in ('NOTIFIED', 'CLAIMED', 'VERIFIED', 'FULFILLING'))::int as "openAwards",
       ceil(extract(epoch from min(a.claim_expires_at) filter (where a.state = 'NOTIFIED') - clock_timestamp()) * 1000)::float8
         as "nextExpiryInMs"
     from giveaway_awards a where a.giveaway_id = :giveawayId`,
    { giveawayId },
  );
  return (result as { rows: [AwardsProgress] }).rows[0];
}

async function countOpen(trx: Db, giveawayId: string): Promise<number> {
  return (await readProgress(trx, giveawayId)).openAwards;
}

async function lockAward(trx: Db, id: string): Promise<LockedAward> {
  const award = await trx('giveaway_awards as a')
    .join('giveaway_prizes as p', 'p.id', 'a.prize_id')
    .where('a.id', id)
    .forUpdate('a')
    .first<LockedAward>(trx.raw('a.claim_expires_at <= clock_timestamp() as overdue'), AWARD_COLUMNS);
  if (!award) throw new DomainError('award_not_found', 'There is no such award.', { awardId: id });
  return award;
}

async function moveAward(
  trx: Db,
  award: Award,
  change: Record<string, unknown>,
  event: string,
  cause: Cause,
): Promise<void> {
  await trx('giveaway_awards')
    .where({ id: award.id })
    .update({ ...change, updated_at: trx.fn.now() });
  await appendAwardEvent(trx, award, event, cause);
}

const appendAwardEvent = (trx: Db, award: Award, type: string, cause: Cause): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'award',
    aggregateId: award.id,
    type,
    payload: { giveawayId: award.giveawayId, awardId: award.id, rank: award.rank, prizeId: award.prizeId },
    actor: cause.actor,
    correlationId: cause.requestId,
  });
