import { randomBytes, randomUUID } from 'node:crypto';
import type { Database } from '../../db/connect.ts';
import { checkLedger } from '../../db/ledger/audit.ts';
import { checkGiftcards } from '../../db/giftcard/audit.ts';
import { assignGiftCard } from '../../db/giftcard/assign-gift-card.ts';
import type { RedeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { addCatalogueItem, registerMerchant, type PayoutSchedule } from '../../db/giftcard/register-merchant.ts';
import { postEscrow, reserveEscrow } from '../../db/giftcard/reserve-escrow.ts';

export const cause = { actor: 'system', requestId: 'test' };

/** A provider without a minimum, and a platform without a reserve. */
export const payoutRules = { payoutMinimumMinor: 0n, platformReserveMinor: 0n };

export interface CardShop {
  readonly merchantId: string;
  readonly ownerId: string;
  readonly itemId: string;
}

/** A merchant whose catalogue sells any amount up to a million, straight in the database. */
export async function openCardShop(
  db: Database,
  { payoutSchedule = 'instant', currency = 'USD' }: { payoutSchedule?: PayoutSchedule; currency?: string } = {},
): Promise<CardShop> {
  const shop = { merchantId: randomUUID(), ownerId: randomUUID(), itemId: randomUUID() };
  const merchant = { id: shop.merchantId, ownerId: shop.ownerId, name: 'Shop', payoutAccount: 'acct', payoutSchedule };
  await registerMerchant(db, merchant, cause);
  const bounds = { amountsMinor: null, minMinor: 1n, maxMinor: 1_000_000n, validityDays: 30, validUntil: null };
  const item = { id: shop.itemId, merchantId: shop.merchantId, name: 'Card', currency, ...bounds };
  await addCatalogueItem(db, item, shop.ownerId, cause);
  return shop;
}

export interface IssueOptions {
  readonly faceMinor?: bigint;
  readonly fundingFeeMinor?: bigint;
  readonly currency?: string;
  readonly hostId?: string;
  /** Without it the card lies in escrow and belongs to nobody yet. */
  readonly assign?: boolean;
}

/** A card of that shop, funded, in escrow and assigned. @returns its id. */
export async function issueCard(
  db: Database,
  { merchantId, itemId }: CardShop,
  {
    faceMinor = 10_000n,
    fundingFeeMinor = 250n,
    currency = 'USD',
    hostId = randomUUID(),
    assign = true,
  }: IssueOptions = {},
): Promise<string> {
  const [cardId, reservationId] = [randomUUID(), randomUUID()];
  const cards = [{ cardId, merchantId, catalogueItemId: itemId, faceMinor }];
  const amounts = { grossMinor: faceMinor, fundingFeeMinor };
  await reserveEscrow(db, { reservationId, giveawayId: null, hostId, currency, ...amounts, cards }, cause);
  await postEscrow(db, reservationId, cause);
  const code = { hash: randomBytes(32), sealed: randomBytes(60) };
  if (assign) await assignGiftCard(db, { cardId, awardId: randomUUID(), assigneeId: randomUUID(), code }, cause);
  return cardId;
}

/** The inputs of a redemption of all that is left, with a payout of its own. */
export const redemptionOf = (
  cardId: string,
  { merchantId }: CardShop,
  change: Partial<RedeemGiftCard> = {},
): RedeemGiftCard => ({
  redemptionId: randomUUID(),
  cardId,
  merchantId,
  amountMinor: null,
  currency: null,
  expiresAt: new Date(Date.now() + 60_000),
  payout: { settle: 'instant', settlementId: randomUUID(), workflowId: 'test', ...payoutRules },
  ...change,
});

/** Invariants of cards and their ledger that are broken. Expired value waits for a sweep, which a test calls when it likes. */
export const brokenCardBooks = async (db: Database) =>
  [...(await checkLedger(db, 'giftcard')), ...(await checkGiftcards(db))].filter(
    (check) => check.broken > 0 && check.invariant !== 'nothing is beyond its deadline',
  );
