import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

export interface NewPrize {
  readonly id: string;
  /** The gift card that will be reserved for this unit when the giveaway is published. */
  readonly cardId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: bigint;
}

export interface NewGiveaway {
  readonly id: string;
  readonly hostId: string;
  readonly title: string;
  readonly description: string;
  readonly currency: string;
  /** Absent: it opens as soon as it is published. */
  readonly opensAt?: Date | undefined;
  readonly closesAt: Date;
  readonly claimWindowMs: number;
  readonly prizes: readonly NewPrize[];
}

const MAX_DAYS_AHEAD = 366;

/**
 * A draft; it costs nothing and nobody sees it. Repeated with the same id it changes nothing.
 * @throws DomainError giveaway_deadline_past, giveaway_deadline_too_far: by the database's clock.
 */
export const createGiveaway = (db: Database, giveaway: NewGiveaway, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const inserted = await trx('giveaways')
      .insert({
        id: giveaway.id,
        host_id: giveaway.hostId,
        title: giveaway.title,
        description: giveaway.description,
        currency: giveaway.currency,
        opens_at: giveaway.opensAt ?? null,
        closes_at: giveaway.closesAt,
        claim_window_ms: giveaway.claimWindowMs,
        rules: JSON.stringify({ mode: 'random_draw' }),
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length === 0) return;
    await requireDeadlineAhead(trx, giveaway.closesAt);
    await trx('giveaway_prizes').insert(giveaway.prizes.map((prize, index) => prizeRow(giveaway, prize, index + 1)));
    await appendEvent(trx, {
      aggregateType: 'giveaway',
      aggregateId: giveaway.id,
      type: 'giveaway.created',
      payload: { state: 'DRAFT', hostId: giveaway.hostId, closesAt: giveaway.closesAt.toISOString() },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
  });

const prizeRow = (giveaway: NewGiveaway, prize: NewPrize, position: number) => ({
  id: prize.id,
  giveaway_id: giveaway.id,
  position,
  merchant_id: prize.merchantId,
  catalogue_item_id: prize.catalogueItemId,
  card_id: prize.cardId,
  face_minor: prize.faceMinor,
  currency: giveaway.currency,
});

/** @throws DomainError giveaway_deadline_past, giveaway_deadline_too_far. */
export async function requireDeadlineAhead(trx: Db, closesAt: Date): Promise<void> {
  const result = await trx.raw(
    `select ?::timestamptz <= clock_timestamp() as past, ?::timestamptz > clock_timestamp() + make_interval(days => ?) as far`,
    [closesAt, closesAt, MAX_DAYS_AHEAD],
  );
  const { past, far } = (result as { rows: [{ past: boolean; far: boolean }] }).rows[0];
  const details = { closesAt: closesAt.toISOString() };
  if (past) throw new DomainError('giveaway_deadline_past', 'The deadline has passed.', details);
  if (far)
    throw new DomainError(
      'giveaway_deadline_too_far',
      `The deadline is more than ${MAX_DAYS_AHEAD} days ahead.`,
      details,
    );
}
