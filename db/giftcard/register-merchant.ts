import type { Cause } from '../../domain/cause.ts';
import type { Database, Db } from '../connect.ts';
import { DomainError } from '../../domain/errors.ts';
import { appendEvent } from '../outbox/append-event.ts';

/** When redemptions are paid out: each by itself, or all of a window together. */
export type PayoutSchedule = 'instant' | 'hourly' | 'daily';

/** Cards of a `store` are redeemed at its till, those of a merchant of `airtime` by topping up a phone. */
export type MerchantKind = 'store' | 'airtime';

export interface NewMerchant {
  readonly id: string;
  /** Absent: a store. One of airtime is never paid `instant`. */
  readonly kind?: MerchantKind;
  readonly ownerId: string;
  readonly name: string;
  readonly payoutAccount: string;
  readonly payoutSchedule: PayoutSchedule;
}

export type Merchant = Required<NewMerchant>;

export interface NewCatalogueItem {
  readonly id: string;
  readonly merchantId: string;
  readonly name: string;
  readonly currency: string;
  /** The denominations, or null for any amount of the range. */
  readonly amountsMinor: readonly bigint[] | null;
  readonly minMinor: bigint;
  readonly maxMinor: bigint;
  /** A card is valid for so many days from its assignment, until an instant, or until the earlier of both. */
  readonly validityDays: number | null;
  readonly validUntil: Date | null;
  /** Of airtime: whose phones can be topped up, by the provider's names. */
  readonly operators?: readonly string[] | null;
}

/** The platform's rate for a merchant who has not agreed on another: 5 %. */
const FIRST_RATE_PPM = 50_000;

const MERCHANT = {
  id: 'id',
  kind: 'kind',
  ownerId: 'owner_id',
  name: 'name',
  payoutAccount: 'payout_account',
  payoutSchedule: 'payout_schedule',
} as const;

/** A merchant with the first version of its rate. Repeated with the same id it changes nothing. */
export const registerMerchant = (db: Database, merchant: NewMerchant, cause: Cause): Promise<Merchant> =>
  db.transaction(async (trx) => {
    const inserted = await trx('merchants')
      .insert({
        id: merchant.id,
        kind: merchant.kind ?? 'store',
        owner_id: merchant.ownerId,
        name: merchant.name,
        payout_account: merchant.payoutAccount,
        payout_schedule: merchant.payoutSchedule,
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length > 0) {
      await trx('merchant_rates').insert({ merchant_id: merchant.id, version: 1, rate_ppm: FIRST_RATE_PPM });
      await appendMerchantEvent(
        trx,
        merchant.id,
        'giftcard.merchant.registered',
        { ownerId: merchant.ownerId, kind: merchant.kind ?? 'store' },
        cause,
      );
    }
    return requireMerchant(trx, merchant.id, merchant.ownerId);
  });

export interface MerchantChange {
  readonly name?: string | undefined;
  readonly payoutAccount?: string | undefined;
  readonly payoutSchedule?: PayoutSchedule | undefined;
}

/**
 * Changes what is given. Intents that were written keep the account they were written for; what is paid later goes to
 * the new one.
 * @throws DomainError merchant_not_found, also for somebody else's; airtime_paid_on_schedule.
 */
export const updateMerchant = (
  db: Database,
  { merchantId, ownerId, ...change }: MerchantChange & { merchantId: string; ownerId: string },
  cause: Cause,
): Promise<Merchant> =>
  db.transaction(async (trx) => {
    const { kind } = await requireMerchant(trx, merchantId, ownerId);
    if (kind === 'airtime' && change.payoutSchedule === 'instant')
      throw new DomainError('airtime_paid_on_schedule', 'A merchant of airtime is paid by the hour or by the day.');
    const columns = { name: change.name, payout_account: change.payoutAccount, payout_schedule: change.payoutSchedule };
    const given = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) {
      await trx('merchants')
        .where({ id: merchantId })
        .update({ ...given, updated_at: trx.fn.now() });
      await appendMerchantEvent(trx, merchantId, 'giftcard.merchant.changed', { changed: Object.keys(given) }, cause);
    }
    return requireMerchant(trx, merchantId, ownerId);
  });

/**
 * Repeated with the same id it changes nothing.
 * @throws DomainError merchant_not_found, also for somebody else's; catalogue_operators_invalid.
 */
export const addCatalogueItem = (db: Database, item: NewCatalogueItem, ownerId: string, cause: Cause): Promise<void> =>
  db.transaction(async (trx) => {
    const { kind } = await requireMerchant(trx, item.merchantId, ownerId);
    if ((kind === 'airtime') !== (item.operators !== undefined && item.operators !== null))
      throw new DomainError('catalogue_operators_invalid', 'What is airtime names the operators that it is good for.');
    const inserted = await trx('catalogue_items')
      .insert({
        id: item.id,
        merchant_id: item.merchantId,
        name: item.name,
        currency: item.currency,
        operators: item.operators ?? null,
        amounts_minor: item.amountsMinor?.map(String) ?? null,
        min_minor: item.minMinor,
        max_minor: item.maxMinor,
        validity_days: item.validityDays,
        valid_until: item.validUntil,
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (inserted.length === 0) return;
    await appendMerchantEvent(trx, item.merchantId, 'giftcard.catalogue_item.added', { itemId: item.id }, cause);
  });

/** @throws DomainError merchant_not_found, also for somebody else's; catalogue_item_not_found. */
export const retireCatalogueItem = (
  db: Database,
  { merchantId, itemId, ownerId }: { merchantId: string; itemId: string; ownerId: string },
  cause: Cause,
): Promise<void> =>
  db.transaction(async (trx) => {
    await requireMerchant(trx, merchantId, ownerId);
    const item = await trx('catalogue_items')
      .where({ id: itemId, merchant_id: merchantId })
      .forNoKeyUpdate()
      .first<{ state: string }>('state');
    if (!item)
      throw new DomainError('catalogue_item_not_found', 'The merchant has no such catalogue item.', { itemId });
    if (item.state === 'RETIRED') return;
    await trx('catalogue_items').where({ id: itemId }).update({ state: 'RETIRED', updated_at: trx.fn.now() });
    await appendMerchantEvent(trx, merchantId, 'giftcard.catalogue_item.retired', { itemId }, cause);
  });

/** @throws DomainError merchant_not_found, also for somebody else's. */
export async function requireMerchant(db: Db, id: string, ownerId: string): Promise<Merchant> {
  const merchant = await findMerchant(db, id, ownerId);
  if (!merchant) throw merchantNotFound(id);
  return merchant;
}

/** @returns undefined also for somebody else's. */
export const findMerchant = (db: Db, id: string, ownerId: string): Promise<Merchant | undefined> =>
  db('merchants').where({ id, owner_id: ownerId }).first<Merchant>(MERCHANT);

export const merchantNotFound = (merchantId: string): DomainError =>
  new DomainError('merchant_not_found', 'There is no such merchant of yours.', { merchantId });

const appendMerchantEvent = (
  trx: Db,
  merchantId: string,
  type: string,
  payload: Record<string, unknown>,
  cause: Cause,
): Promise<void> =>
  appendEvent(trx, {
    aggregateType: 'merchant',
    aggregateId: merchantId,
    type,
    payload,
    actor: cause.actor,
    correlationId: cause.requestId,
  });
