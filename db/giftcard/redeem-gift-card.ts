import type { Cause } from '../../domain/cause.ts';
import { DomainError } from '../../domain/errors.ts';
import { sharesOfPart, type Shares, type Terms } from '../../domain/settlement.ts';
import type { Database, Db } from '../connect.ts';
import { applyTransfers } from '../ledger/apply-transfers.ts';
import { transferId, type Account } from '../ledger/transfer.ts';
import { appendEvent } from '../outbox/append-event.ts';
import { escrowAccount, fundingFeeAccount, merchantPayable, platformFees } from './accounts.ts';

export interface RedeemGiftCard {
  readonly redemptionId: string;
  readonly settlementId: string;
  readonly workflowId: string;
  readonly cardId: string;
  readonly merchantId: string;
  /** Null: all that is left. */
  readonly amountMinor: bigint | null;
  readonly currency: string | null;
  /** After this instant, by the database's clock, nobody waits at the till any more. */
  readonly expiresAt: Date;
}

export interface Redemption {
  readonly redemptionId: string;
  readonly settlementId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly remainingMinor: bigint;
}

interface CardRow {
  readonly id: string;
  readonly merchant_id: string;
  readonly currency: string;
  readonly face_minor: bigint;
  readonly funding_fee_minor: bigint;
  readonly redeemed_minor: bigint;
  readonly rate_version: number;
  readonly state: string;
  readonly expired: boolean;
  readonly late: boolean;
}

/**
 * Authorises and confirms in one transaction: the shares leave the escrow and the settlement stands. From here only a
 * refund brings value back. Repeated with the same id it returns the first result.
 * @throws DomainError request_expired, card_not_found, card_wrong_merchant, card_expired, card_already_redeemed,
 *   card_not_redeemable, card_over_redemption, currency_mismatch.
 */
export const redeemGiftCard = (db: Database, input: RedeemGiftCard, cause: Cause): Promise<Redemption> =>
  db.transaction(async (trx) => {
    const card = await lockCard(trx, input);
    const earlier = await readRedemption(trx, input.redemptionId);
    if (earlier) return earlier;
    const amountMinor = requireRedeemable(card, input);
    const shares = sharesOfPart(card.redeemed_minor, amountMinor, await readTerms(trx, card));
    const remainingMinor = card.face_minor - card.redeemed_minor - amountMinor;
    await applyTransfers(trx, confirmTransfers(input.redemptionId, card, shares));
    const state = remainingMinor === 0n ? 'SETTLING' : 'RESERVED';
    await trx('gift_cards')
      .where({ id: card.id })
      .update({ redeemed_minor: card.redeemed_minor + amountMinor, state, updated_at: trx.fn.now() });
    await insertRows(trx, input, { card, amountMinor, remainingMinor, shares, cause });
    await appendRedemptionEvents(trx, input, { card, amountMinor, shares, cause });
    const { redemptionId, settlementId, merchantId } = input;
    return {
      redemptionId,
      settlementId,
      cardId: card.id,
      merchantId,
      currency: card.currency,
      amountMinor,
      remainingMinor,
    };
  });

async function lockCard(trx: Db, input: RedeemGiftCard): Promise<CardRow> {
  const card = await trx('gift_cards')
    .where({ id: input.cardId })
    .forUpdate()
    .first<CardRow>(
      '*',
      trx.raw('expires_at <= clock_timestamp() as expired'),
      trx.raw('?::timestamptz <= clock_timestamp() as late', [input.expiresAt]),
    );
  if (!card) throw new DomainError('card_not_found', 'There is no such card.', { cardId: input.cardId });
  return card;
}

/** @returns what is redeemed, in minor units. */
function requireRedeemable(card: CardRow, input: RedeemGiftCard): bigint {
  const details = { cardId: card.id };
  if (card.late) throw new DomainError('request_expired', 'Nobody waits for this request any more.', details);
  if (card.merchant_id !== input.merchantId)
    throw new DomainError('card_wrong_merchant', 'The card belongs to another merchant.', details);
  const remaining = card.face_minor - card.redeemed_minor;
  if (remaining === 0n) throw new DomainError('card_already_redeemed', 'The card has been redeemed.', details);
  if (card.state !== 'RESERVED') throw new DomainError('card_not_redeemable', `The card is ${card.state}.`, details);
  if (card.expired) throw new DomainError('card_expired', 'The card has expired.', details);
  if (input.currency !== null && input.currency !== card.currency) {
    throw new DomainError('currency_mismatch', `The card is in ${card.currency}.`, details);
  }
  const amountMinor = input.amountMinor ?? remaining;
  if (amountMinor <= 0n) throw new DomainError('amount_not_positive', 'An amount is more than zero.', details);
  if (amountMinor > remaining) {
    throw new DomainError('card_over_redemption', 'The card holds less than that.', {
      ...details,
      remainingMinor: remaining.toString(),
    });
  }
  return amountMinor;
}

async function readTerms(trx: Db, card: CardRow): Promise<Terms> {
  const rate = await trx('merchant_rates')
    .where({ merchant_id: card.merchant_id, version: card.rate_version })
    .first<{ rate_ppm: bigint; min_minor: bigint; max_minor: bigint | null }>();
  if (!rate) throw new Error(`Merchant ${card.merchant_id} has no rate version ${card.rate_version}`);
  return {
    faceMinor: card.face_minor,
    fundingFeeMinor: card.funding_fee_minor,
    ratePpm: rate.rate_ppm,
    minMinor: rate.min_minor,
    maxMinor: rate.max_minor,
  };
}

function confirmTransfers(redemptionId: string, card: CardRow, shares: Shares) {
  const to = (name: string, credit: Account, amountMinor: bigint) => ({
    id: transferId('redeem', redemptionId, name),
    kind: 'posted' as const,
    debit: escrowAccount(card.id, card.currency),
    credit,
    amountMinor,
    code: `redeem.${name}`,
    referenceId: redemptionId,
  });
  return [
    to('merchant', merchantPayable(card.merchant_id, card.currency), shares.merchantMinor),
    to('service', platformFees(card.currency), shares.serviceMinor),
    to('fee', fundingFeeAccount(card.id, card.currency), shares.feeMinor),
  ];
}

interface Confirmed {
  readonly card: CardRow;
  readonly amountMinor: bigint;
  readonly shares: Shares;
  readonly cause: Cause;
}

async function insertRows(
  trx: Db,
  input: RedeemGiftCard,
  { card, amountMinor, remainingMinor, shares, cause }: Confirmed & { remainingMinor: bigint },
): Promise<void> {
  const common = { card_id: card.id, merchant_id: card.merchant_id, currency: card.currency };
  const split = {
    fee_minor: shares.feeMinor,
    service_minor: shares.serviceMinor,
    merchant_minor: shares.merchantMinor,
  };
  await trx('redemptions').insert({
    id: input.redemptionId,
    settlement_id: input.settlementId,
    amount_minor: amountMinor,
    remaining_minor: remainingMinor,
    actor: cause.actor,
    ...common,
    ...split,
  });
  await trx('settlements').insert({
    id: input.settlementId,
    redemption_id: input.redemptionId,
    workflow_id: input.workflowId,
    gross_minor: amountMinor,
    ...common,
    ...split,
  });
}

async function appendRedemptionEvents(
  trx: Db,
  input: RedeemGiftCard,
  { card, amountMinor, shares, cause }: Confirmed,
): Promise<void> {
  const common = { actor: cause.actor, correlationId: cause.requestId };
  const ids = {
    cardId: card.id,
    merchantId: card.merchant_id,
    settlementId: input.settlementId,
    currency: card.currency,
  };
  await appendEvent(trx, {
    aggregateType: 'redemption',
    aggregateId: input.redemptionId,
    type: 'giftcard.redemption.confirmed',
    payload: { ...ids, amountMinor: amountMinor.toString() },
    ...common,
  });
  await appendEvent(trx, {
    aggregateType: 'settlement',
    aggregateId: input.settlementId,
    type: 'giftcard.settlement.started',
    payload: {
      ...ids,
      state: 'SETTLING',
      feeMinor: shares.feeMinor.toString(),
      serviceMinor: shares.serviceMinor.toString(),
      merchantMinor: shares.merchantMinor.toString(),
    },
    ...common,
  });
}

export const readRedemption = (db: Db, id: string): Promise<Redemption | undefined> =>
  db('redemptions').where({ id }).first<Redemption>({
    redemptionId: 'id',
    settlementId: 'settlement_id',
    cardId: 'card_id',
    merchantId: 'merchant_id',
    currency: 'currency',
    amountMinor: 'amount_minor',
    remainingMinor: 'remaining_minor',
  });
