import type { Knex } from 'knex';
import type { Cause } from '../../domain/cause.ts';
import { nextRank } from '../../domain/draw/next-rank.ts';
import { DomainError } from '../../domain/errors.ts';
import type { AwardState } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent, appendEvents, type NewEvent } from '../outbox/append-event.ts';
import { awardId, FIRST_DRAW, insertAwards } from './draw-giveaway.ts';
import { lockGiveaway } from './move-giveaway.ts';
import { rankingLength, type RankingLine } from './ranking-lines.ts';

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

/** As many as one short transaction carries; whoever calls comes again for the rest. */
const AWARDS_PER_BATCH = 500;

/**
 * Ends the claim windows that are over, and the awards of who was disqualified before they were made; offers the vacated
 * units to the next ranks that were never offered one. The giveaway's row comes first: ranks are promoted in turn.
 * @returns what is still open; `nextExpiryInMs` is 0 when there is more to do at once. Safe to repeat at any time.
 */
export const expireAwards = (db: Database, giveawayId: string, cause: Cause): Promise<AwardsProgress> =>
  db.transaction(async (trx) => {
    await lockGiveaway(trx, giveawayId);
    const disqualified = await disqualifiedIn(trx, giveawayId);
    const due = await lockAwards(trx, (query) =>
      query
        .where({ 'a.giveaway_id': giveawayId, 'a.state': 'NOTIFIED' })
        .andWhere((either) => {
          void either
            .where('a.claim_expires_at', '<=', trx.raw('clock_timestamp()'))
            .orWhereIn('a.participant_id', [...disqualified]);
        })
        .orderBy('a.rank')
        .limit(AWARDS_PER_BATCH),
    );
    const of = (state: VacatedState) =>
      due.filter(({ participantId }) => (state === 'DISQUALIFIED') === disqualified.has(participantId));
    for (const state of ['DISQUALIFIED', 'EXPIRED'] as const) await vacateAwards(trx, of(state), state, cause);
    const progress = await readProgress(trx, giveawayId);
    return due.length < AWARDS_PER_BATCH ? progress : { ...progress, nextExpiryInMs: 0 };
  });

type VacatedState = 'EXPIRED' | 'DISQUALIFIED';

/** Ends awards of one giveaway that the caller has locked, after their giveaway, and promotes the next ranks. */
async function vacateAwards(trx: Db, awards: readonly Award[], state: VacatedState, cause: Cause): Promise<void> {
  const [first] = awards;
  if (!first) return;
  await trx('giveaway_awards')
    .whereIn(
      'id',
      awards.map(({ id }) => id),
    )
    .update({ state, updated_at: trx.fn.now() });
  const type = `giveaway.award.${state.toLowerCase()}`;
  await appendEvents(
    trx,
    awards.map((award) => awardEvent(award, type, cause)),
  );
  const promoted: { vacated: Award; rank: number }[] = [];
  const lineLength = await rankingLength(trx, first.giveawayId);
  // Where each prize has a ranking of its own, its units go down that one.
  for (const [line, vacated] of Map.groupBy(awards, ({ rank }) => Math.floor((rank - 1) / Math.max(1, lineLength)))) {
    const ranks = await nextRanks(
      trx,
      first.giveawayId,
      { before: line * lineLength, length: lineLength },
      vacated.length,
    );
    promoted.push(...ranks.map((rank, index) => ({ vacated: vacated[index] as Award, rank })));
  }
  await insertAwards(
    trx,
    first.giveawayId,
    promoted.map(({ vacated, rank }) => ({ prizeId: vacated.prizeId, rank, reason: promotionReason(vacated, state) })),
  );
  await appendEvents(
    trx,
    promoted.map(({ vacated, rank }) =>
      awardEvent({ ...vacated, id: awardId(vacated.giveawayId, rank), rank }, 'giveaway.award.promoted', cause),
    ),
  );
}

const promotionReason = ({ rank }: Award, state: VacatedState): string =>
  `promoted: rank ${rank} ${state === 'EXPIRED' ? 'expired' : 'was disqualified'}`;

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
  const live = await lockAwards(trx, (query) =>
    query
      .where({ 'a.giveaway_id': giveawayId, 'a.participant_id': participantId })
      .whereNotIn('a.state', ['EXPIRED', 'DECLINED', 'DISQUALIFIED'])
      .orderBy('a.rank'),
  );
  const taken = live.find(({ state }) => state !== 'NOTIFIED');
  if (taken) {
    throw new DomainError('disqualification_not_possible', `The award is ${taken.state}.`, {
      awardId: taken.id,
      state: taken.state,
    });
  }
  await vacateAwards(trx, live, 'DISQUALIFIED', cause);
}

async function disqualifiedIn(trx: Db, giveawayId: string): Promise<ReadonlySet<string>> {
  const rows = await trx('giveaway_disqualifications')
    .where({ giveaway_id: giveawayId })
    .whereNotNull('approved_by')
    .select<{ participant_id: string }[]>('participant_id');
  return new Set(rows.map((row) => row.participant_id));
}

/**
 * Vacated units go to the lowest ranks that were never offered a prize and may have one; nobody else moves.
 * @returns at most as many as asked for; fewer where the ranking is exhausted.
 */
async function nextRanks(
  trx: Db,
  giveawayId: string,
  { before, length }: RankingLine,
  count: number,
): Promise<number[]> {
  const rows = await trx('giveaway_awards')
    .where({ giveaway_id: giveawayId, draw_number: FIRST_DRAW })
    .whereBetween('rank', [before + 1, before + length])
    .select<{ rank: number }[]>('rank');
  const offered = new Set(rows.map(({ rank }) => rank - before));
  const disqualified = await disqualifiedIn(trx, giveawayId);
  // Beyond it lies nobody whom these promotions could reach.
  const last = Math.min(length, offered.size + disqualified.size + count);
  const result: unknown = await trx.raw(
    'select rank, participant_id as "participantId" from ranked_participants(?, ?, ?, ?)',
    [giveawayId, FIRST_DRAW, before + 1, disqualified.size === 0 ? before : before + last],
  );
  const ranked = (result as { rows: { rank: number; participantId: string }[] }).rows;
  const failed = new Set(ranked.filter((row) => disqualified.has(row.participantId)).map(({ rank }) => rank - before));
  const ranks: number[] = [];
  while (ranks.length < count) {
    const next = nextRank(length, offered, (rank) => (failed.has(rank) ? 'FAIL' : 'PASS'));
    if (next.kind !== 'promoted') break;
    ranks.push(before + next.rank);
    offered.add(next.rank);
  }
  return ranks;
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
  const [award] = await lockAwards(trx, (query) => query.where('a.id', id));
  if (!award) throw new DomainError('award_not_found', 'There is no such award.', { awardId: id });
  return award;
}

const lockAwards = (trx: Db, which: (query: Knex.QueryBuilder) => Knex.QueryBuilder): Promise<LockedAward[]> =>
  Promise.resolve(
    which(trx('giveaway_awards as a').join('giveaway_prizes as p', 'p.id', 'a.prize_id').forUpdate('a')).select(
      trx.raw('a.claim_expires_at <= clock_timestamp() as overdue'),
      AWARD_COLUMNS,
    ),
  );

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
  await appendEvent(trx, awardEvent(award, event, cause));
}

const awardEvent = (award: Award, type: string, cause: Cause): NewEvent => ({
  aggregateType: 'award',
  aggregateId: award.id,
  type,
  payload: { giveawayId: award.giveawayId, awardId: award.id, rank: award.rank, prizeId: award.prizeId },
  actor: cause.actor,
  correlationId: cause.requestId,
});
