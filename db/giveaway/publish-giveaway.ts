import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { hasReached, isPublishable } from '../../domain/giveaway.ts';
import type { Database, Db } from '../connect.ts';
import { requireDeadlineAhead } from './create-giveaway.ts';
import { lockGiveaway, moveGiveaway, type GiveawayRow } from './move-giveaway.ts';

export interface PublishPlan {
  readonly currency: string;
  readonly grossMinor: bigint;
  readonly prizes: readonly {
    readonly cardId: string;
    readonly merchantId: string;
    readonly catalogueItemId: string;
    readonly faceMinor: bigint;
  }[];
}

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
  const prizes = await db('giveaway_prizes')
    .where({ giveaway_id: ref.giveawayId })
    .orderBy('position')
    .select<{ card_id: string; merchant_id: string; catalogue_item_id: string; face_minor: bigint }[]>();
  return {
    currency: giveaway.currency,
    grossMinor: prizes.reduce((sum, prize) => sum + prize.face_minor, 0n),
    prizes: prizes.map((prize) => ({
      cardId: prize.card_id,
      merchantId: prize.merchant_id,
      catalogueItemId: prize.catalogue_item_id,
      faceMinor: prize.face_minor,
    })),
  };
}

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
