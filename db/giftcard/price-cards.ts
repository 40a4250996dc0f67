import { allocate } from '../../domain/allocation.ts';
import { DomainError } from '../../domain/errors.ts';
import { leavesSomething } from '../../domain/settlement.ts';
import type { Db } from '../connect.ts';

export interface ReservedCard {
  readonly cardId: string;
  readonly merchantId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: bigint;
}

export interface ReserveEscrow {
  readonly reservationId: string;
  readonly giveawayId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly grossMinor: bigint;
  readonly fundingFeeMinor: bigint;
  readonly cards: readonly ReservedCard[];
}

export interface PricedCard extends ReservedCard {
  readonly fundingFeeMinor: bigint;
  readonly rateVersion: number;
}

interface ItemRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly currency: string;
  readonly min_minor: bigint;
  readonly max_minor: bigint;
  readonly amounts_minor: readonly string[] | null;
  readonly version: number;
  readonly rate_ppm: bigint;
  readonly rate_min: bigint;
  readonly rate_max: bigint | null;
}

/**
 * Allocates the funding fee over the cards and freezes the rate of each.
 * @throws DomainError escrow_reservation_conflict, catalogue_item_not_found, catalogue_currency_mismatch,
 *   catalogue_amount_not_offered, settlement_leaves_nothing.
 */
export async function priceCards(trx: Db, input: ReserveEscrow): Promise<PricedCard[]> {
  const total = input.cards.reduce((sum, card) => sum + card.faceMinor, 0n);
  if (total !== input.grossMinor || input.cards.length === 0) {
    throw new DomainError('escrow_reservation_conflict', 'The faces of the cards do not add up to the amount.', {
      reservationId: input.reservationId,
    });
  }
  const items = await readItems(trx, input.cards);
  const fees = allocate(
    input.fundingFeeMinor,
    input.cards.map(({ cardId, faceMinor }) => ({ id: cardId, amountMinor: faceMinor })),
  );
  return input.cards.map((card) => {
    const item = items.get(card.catalogueItemId);
    const fundingFeeMinor = fees.get(card.cardId) ?? 0n;
    return { ...card, fundingFeeMinor, rateVersion: requireOffered(card, item, input.currency, fundingFeeMinor) };
  });
}

/** Catalogue items with the rate that is in effect now. */
async function readItems(trx: Db, cards: readonly ReservedCard[]): Promise<ReadonlyMap<string, ItemRow>> {
  const result = await trx.raw(
    `select i.*, r.version, r.rate_ppm, r.min_minor as rate_min, r.max_minor as rate_max
     from catalogue_items i
     join lateral (select * from merchant_rates r where r.merchant_id = i.merchant_id and r.effective_at <= now()
                   order by r.version desc limit 1) r on true
     where i.id = any (?)`,
    [cards.map((card) => card.catalogueItemId)],
  );
  return new Map((result as { rows: ItemRow[] }).rows.map((row) => [row.id, row]));
}

/** @returns the rate version that is frozen for the card. */
function requireOffered(
  card: ReservedCard,
  item: ItemRow | undefined,
  currency: string,
  fundingFeeMinor: bigint,
): number {
  const details = { cardId: card.cardId, catalogueItemId: card.catalogueItemId };
  if (!item || item.merchant_id !== card.merchantId) {
    throw new DomainError('catalogue_item_not_found', 'The merchant has no such catalogue item.', details);
  }
  if (item.currency !== currency) {
    throw new DomainError('catalogue_currency_mismatch', `The item is sold in ${item.currency}.`, details);
  }
  const offered =
    item.amounts_minor?.map(BigInt).includes(card.faceMinor) ??
    (card.faceMinor >= item.min_minor && card.faceMinor <= item.max_minor);
  if (!offered)
    throw new DomainError('catalogue_amount_not_offered', 'The item is not sold in this amount.', {
      ...details,
      faceMinor: card.faceMinor.toString(),
    });
  const terms = {
    faceMinor: card.faceMinor,
    fundingFeeMinor,
    ratePpm: item.rate_ppm,
    minMinor: item.rate_min,
    maxMinor: item.rate_max,
  };
  if (!leavesSomething(terms))
    throw new DomainError('settlement_leaves_nothing', 'Fees would leave the merchant nothing.', details);
  return item.version;
}
