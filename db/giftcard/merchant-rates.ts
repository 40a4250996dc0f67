import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { leavesSomething } from '../../domain/settlement.ts';
import type { Database, Db } from '../connect.ts';
import { appendEvent } from '../outbox/append-event.ts';

export interface RateVersion {
  readonly version: number;
  /** Parts per million of the net amount. */
  readonly ratePpm: bigint;
  /** Bounds of the service fee of a whole card. */
  readonly minMinor: bigint;
  readonly maxMinor: bigint | null;
  readonly effectiveAt: Date;
  readonly setBy: string;
  readonly reason: string | null;
}

const COLUMNS = {
  version: 'version',
  ratePpm: 'rate_ppm',
  minMinor: 'min_minor',
  maxMinor: 'max_minor',
  effectiveAt: 'effective_at',
  setBy: 'set_by',
  reason: 'reason',
} as const;

export interface NewRate {
  readonly merchantId: string;
  readonly ratePpm: bigint;
  readonly minMinor: bigint;
  readonly maxMinor: bigint | null;
  /** Null: from now on. */
  readonly effectiveAt: Date | null;
  readonly reason: string;
}

/**
 * A further version of a merchant's rate: cards that are reserved while it is in effect keep it for ever, cards that were
 * reserved before are not touched.
 * @throws DomainError merchant_not_found, rate_effective_in_past, settlement_leaves_nothing (for a card that the merchant
 *   sells today, even without a funding fee).
 */
export const setMerchantRate = (db: Database, input: NewRate, cause: Cause): Promise<RateVersion> =>
  db.transaction(async (trx) => {
    const { merchantId } = input;
    const merchant = await trx('merchants').where({ id: merchantId }).forNoKeyUpdate().first('id');
    if (!merchant) throw new DomainError('merchant_not_found', 'There is no such merchant.', { merchantId });
    const clock: unknown = await trx.raw(
      'select coalesce(?::timestamptz, now()) as at, coalesce(?::timestamptz < now(), false) as past',
      [input.effectiveAt, input.effectiveAt],
    );
    const [{ at, past }] = (clock as { rows: [{ at: Date; past: boolean }] }).rows;
    if (past) throw new DomainError('rate_effective_in_past', 'A rate takes effect now or later.', { merchantId });
    await requireLeavesSomething(trx, input);
    const [row] = await trx('merchant_rates')
      .where({ merchant_id: merchantId })
      .max<{ last: number }[]>({ last: 'version' });
    const [inserted] = await trx('merchant_rates')
      .insert({
        merchant_id: merchantId,
        version: (row?.last ?? 0) + 1,
        rate_ppm: input.ratePpm,
        min_minor: input.minMinor,
        max_minor: input.maxMinor,
        effective_at: at,
        set_by: cause.actor,
        reason: input.reason,
      })
      .returning<RateVersion[]>(Object.entries(COLUMNS).map(([name, column]) => `${column} as ${name}`));
    if (!inserted) throw new Error('A rate has vanished');
    await appendEvent(trx, {
      aggregateType: 'merchant',
      aggregateId: merchantId,
      type: 'giftcard.merchant.rate_set',
      payload: {
        version: inserted.version,
        ratePpm: input.ratePpm.toString(),
        minMinor: input.minMinor.toString(),
        ...(input.maxMinor === null ? {} : { maxMinor: input.maxMinor.toString() }),
        effectiveAt: at.toISOString(),
        reason: input.reason,
      },
      actor: cause.actor,
      correlationId: cause.requestId,
    });
    return inserted;
  });

/** The smallest card is the worst: a minimum takes the largest part of it. */
async function requireLeavesSomething(trx: Db, { merchantId, ...rate }: NewRate): Promise<void> {
  const items = await trx('catalogue_items')
    .where({ merchant_id: merchantId, state: 'ACTIVE' })
    .select<{ id: string; min_minor: bigint }[]>('id', 'min_minor');
  const bare = items.find(({ min_minor: faceMinor }) => !leavesSomething({ ...rate, faceMinor, fundingFeeMinor: 0n }));
  if (!bare) return;
  throw new DomainError('settlement_leaves_nothing', 'This rate would leave the merchant nothing of a card.', {
    catalogueItemId: bare.id,
    faceMinor: bare.min_minor.toString(),
  });
}

/** All versions, the newest first. */
export const listMerchantRates = (db: Db, merchantId: string): Promise<RateVersion[]> =>
  db('merchant_rates').where({ merchant_id: merchantId }).orderBy('version', 'desc').select<RateVersion[]>(COLUMNS);

/** The version that a card reserved now would keep. */
export const rateInEffect = (db: Db, merchantId: string): Promise<RateVersion | undefined> =>
  db('merchant_rates')
    .where({ merchant_id: merchantId })
    .andWhere('effective_at', '<=', db.fn.now())
    .orderBy([
      { column: 'effective_at', order: 'desc' },
      { column: 'version', order: 'desc' },
    ])
    .first<RateVersion>(COLUMNS);
