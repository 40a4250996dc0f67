import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { hasReached, isPublishable } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { requireDeadlineAhead } from './create-giveaway.ts';
import { lockGiveaway, moveGiveaway, type GiveawayRow } from './move-giveaway.ts';

export interface PublishPlan {
  readonly currency: string;
  readonly grossMinor: bigint;
  /** Empty where there are too many for one piece. */
  readonly cards: readonly PublishCard[];
  /** In how many pieces the cards are read then; 0: they are in the plan. */
  readonly pieces: number;
}

export interface PublishCard {
  readonly cardId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: bigint;
  /** It tops up a phone. */
  readonly airtime: boolean;
}

/** What one message between the domains carries, and one transaction inserts. */
export const CARDS_PER_PIECE = 500;

interface PublishRef {
  readonly giveawayId: string;
  readonly hostId: string;
  readonly publishId: string;
}

/**
 * What there is to pay for. Changes nothing, so that a refusal of the wallet that follows leaves no trace.
 * @throws DomainError giveaway_not_found (also for somebody else's), giveaway_not_draft, giveaway_deadline_past.
 */
export async function planPublish(db: Db, ref: PublishRef): Promise<PublishPlan> {
  const giveaway = await db<GiveawayRow>('giveaways').where({ id: ref.giveawayId, host_id: ref.hostId }).first();
  if (!giveaway)
    throw new DomainError('giveaway_not_found', 'There is no such giveaway of yours.', { giveawayId: ref.giveawayId });
  if (giveaway.publish_id !== ref.publishId) {
    if (!isPublishable(giveaway.state)) {
      throw new DomainError('giveaway_not_draft', `The giveaway is ${giveaway.state} already.`, {
        state: giveaway.state,
      });
    }
    await requireDeadlineAhead(db, giveaway.closes_at);
  }
  const total = await sumUp(db, ref.giveawayId);
  const inPieces = total.count > CARDS_PER_PIECE;
  return {
    currency: giveaway.currency,
    grossMinor: total.grossMinor,
    cards: inPieces ? [] : await readCards(db, ref.giveawayId),
    pieces: inPieces ? Math.ceil(total.count / CARDS_PER_PIECE) : 0,
  };
}

async function sumUp(db: Db, giveawayId: string): Promise<{ grossMinor: bigint; count: number }> {
  const result: unknown = await db.raw(
    `select coalesce(sum(face_minor), 0)::bigint as "grossMinor", count(*)::int as count
     from giveaway_prizes where giveaway_id = ? and kind <> 'physical'`,
    [giveawayId],
  );
  return (result as { rows: [{ grossMinor: bigint; count: number }] }).rows[0];
}

const readCards = (db: Db, giveawayId: string): Promise<PublishCard[]> =>
  Promise.resolve(
    db('giveaway_prizes')
      .where({ giveaway_id: giveawayId })
      .whereNot({ kind: 'physical' })
      .orderBy('position')
      .select<PublishCard[]>(
        db.raw(`card_id as "cardId", merchant_id as "merchantId", catalogue_item_id as "catalogueItemId",
          face_minor as "faceMinor", kind = 'airtime' as airtime`),
      ),
  );

/**
 * One piece of the cards of a giveaway that is being paid for, each with its part of the funding fee: allocated over all of
 * them by largest remainder, ties by card id.
 * @param piece from 0.
 * @throws DomainError giveaway_not_draft when this publish does not own the giveaway.
 */
export async function readPublishPiece(
  db: Db,
  ref: PublishRef & { fundingFeeMinor: bigint; piece: number },
): Promise<(PublishCard & { fundingFeeMinor: bigint })[]> {
  const giveaway = await db<GiveawayRow>('giveaways').where({ id: ref.giveawayId, publish_id: ref.publishId }).first();
  if (!giveaway || giveaway.state === 'FUNDING_FAILED')
    throw new DomainError('giveaway_not_draft', 'Another publish owns the giveaway.', { giveawayId: ref.giveawayId });
  const result: unknown = await db.raw(PIECE, {
    giveawayId: ref.giveawayId,
    fee: ref.fundingFeeMinor,
    after: ref.piece * CARDS_PER_PIECE,
    limit: CARDS_PER_PIECE,
  });
  return (result as { rows: (PublishCard & { fundingFeeMinor: bigint })[] }).rows;
}

const PIECE = `
with shares as (
  select p.*, div(:fee::numeric * face_minor, sum(face_minor) over ()) as share,
    mod(:fee::numeric * face_minor, sum(face_minor) over ()) as remainder
  from giveaway_prizes p where p.giveaway_id = :giveawayId and p.kind <> 'physical'
), ranked as (
  select s.*, row_number() over (order by remainder desc, card_id) as place, :fee::numeric - sum(share) over () as left_over,
    row_number() over (order by position) as n
  from shares s
)
select card_id as "cardId", merchant_id as "merchantId", catalogue_item_id as "catalogueItemId", face_minor as "faceMinor", kind = 'airtime' as airtime,
  (share + (place <= left_over)::int)::bigint as "fundingFeeMinor"
from ranked where n > :after order by n limit :limit`;

/** DRAFT → FUNDING, owned by this publish. @throws DomainError giveaway_not_draft when another one has it. */
export const beginPublish = (db: Database, ref: PublishRef, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, ref.giveawayId);
    if (giveaway.publish_id === ref.publishId && giveaway.state !== 'FUNDING_FAILED') return;
    await moveGiveaway(trx, {
      giveaway,
      from: ['DRAFT', 'FUNDING_FAILED'],
      to: 'FUNDING',
      refusal: 'giveaway_not_draft',
      change: { publish_id: ref.publishId, failure_code: null },
      event: 'giveaway.funding_started',
      payload: { publishId: ref.publishId },
      cause,
    });
  });

/** FUNDING → SCHEDULED: every prize is paid for. Whose merchants they are of cannot win them. */
export const completePublish = (
  db: Database,
  ref: PublishRef & { merchantOwnerIds: readonly string[] },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, ref.giveawayId);
    if (giveaway.publish_id === ref.publishId && hasReached(giveaway.state, 'SCHEDULED')) return;
    if (ref.merchantOwnerIds.length > 0) {
      const excluded = ref.merchantOwnerIds.map((participantId) => ({
        giveaway_id: giveaway.id,
        participant_id: participantId,
        code: 'merchant_excluded',
        reason: 'Owns a merchant of the prizes.',
        decided_by: cause.actor,
      }));
      // Somebody may have been blocked by the host before.
      await trx('giveaway_exclusions').insert(excluded).onConflict().ignore();
    }
    await moveGiveaway(trx, {
      giveaway,
      from: ['FUNDING'],
      to: 'SCHEDULED',
      refusal: 'giveaway_not_draft',
      change: { published_at: new Date() },
      event: 'giveaway.scheduled',
      payload: { publishId: ref.publishId },
      cause,
    });
  });

/** FUNDING → FUNDING_FAILED with the reason; a publish that never owned the giveaway changes nothing. */
export const failPublish = (db: Database, ref: PublishRef & { failureCode: string }, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const giveaway = await lockGiveaway(trx, ref.giveawayId);
    if (giveaway.publish_id !== ref.publishId || giveaway.state !== 'FUNDING') return;
    await moveGiveaway(trx, {
      giveaway,
      from: ['FUNDING'],
      to: 'FUNDING_FAILED',
      refusal: 'giveaway_not_draft',
      change: { failure_code: ref.failureCode },
      event: 'giveaway.funding_failed',
      payload: { publishId: ref.publishId, reason: ref.failureCode },
      cause,
    });
  });
