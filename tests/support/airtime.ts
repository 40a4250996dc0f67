import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import { addCatalogueItem, registerMerchant } from '../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { beginVend, type VendStep } from '../../db/giftcard/vend-airtime.ts';
import { cause, type CardShop } from './cards.ts';

export const OPERATOR = 'capital-us';

/** A reseller of airtime, straight in the database. */
export async function openAirtimeShop(
  db: Database,
  { amountsMinor = null }: { readonly amountsMinor?: readonly bigint[] | null } = {},
): Promise<CardShop> {
  const shop = { merchantId: randomUUID(), ownerId: randomUUID(), itemId: randomUUID() };
  const merchant = { id: shop.merchantId, ownerId: shop.ownerId, name: 'Airtime', payoutAccount: 'acct_airtime' };
  await registerMerchant(db, { ...merchant, kind: 'airtime', payoutSchedule: 'hourly' }, cause);
  const bounds = { amountsMinor, minMinor: 100n, maxMinor: 20_000n, validityDays: 30, validUntil: null };
  const item = {
    id: shop.itemId,
    merchantId: shop.merchantId,
    name: 'Airtime',
    currency: 'USD',
    operators: [OPERATOR],
  };
  await addCatalogueItem(db, { ...item, ...bounds }, shop.ownerId, cause);
  return shop;
}

export interface AirtimeCard {
  readonly cardId: string;
  readonly userId: string;
}

/** A card of that shop that somebody has won. */
export async function winAirtime(db: Database, shop: CardShop, faceMinor = 5_000n): Promise<AirtimeCard> {
  const [cardId, reservationId, userId] = [randomUUID(), randomUUID(), randomUUID()];
  const cards = [{ cardId, merchantId: shop.merchantId, catalogueItemId: shop.itemId, faceMinor, airtime: true }];
  const amounts = { grossMinor: faceMinor, fundingFeeMinor: 125n };
  const reservation = { reservationId, giveawayId: null, hostId: randomUUID(), currency: 'USD', ...amounts, cards };
  await reserveEscrow(db, reservation, cause);
  await postEscrow(db, reservationId, cause);
  const code = { hash: randomBytes(32), sealed: randomBytes(60) };
  await assignGiftCard(db, { cardId, awardId: randomUUID(), assigneeId: userId, code }, cause);
  return { cardId, userId };
}

export const topUpOf = (card: AirtimeCard, change: object = {}) => ({
  vendId: randomUUID(),
  ...card,
  amountMinor: null,
  operator: OPERATOR,
  phone: Buffer.from('sealed'),
  ...change,
});

/** Begun, with what the provider would be asked about. */
export async function beginTopUp(db: Database, card: AirtimeCard, change: object = {}) {
  const step: VendStep = await beginVend(db, topUpOf(card, change), cause);
  return { vendId: step.vendId, intentId: step.intent?.intentId ?? '' };
}
