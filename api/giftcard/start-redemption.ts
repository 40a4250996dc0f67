import { findAtTill, type CardByCode, type TillMerchant } from '../../db/giftcard/find-at-till.ts';
import {
  redeemGiftCardCommand,
  type ConfirmedRedemption,
  type Redemption,
} from '../../db/giftcard/redeem-gift-card.ts';
import { merchantNotFound } from '../../db/giftcard/register-merchant.ts';
import { parseCode } from '../../domain/card-code.ts';
import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  AWAIT_CONFIRMATION,
  REDEEM_GIFT_CARD,
  redeemGiftCardId,
  type RedeemGiftCardInput,
  type RedemptionView,
} from '../../workflows/giftcard/settlement.contract.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import type { OnceWork, Reply } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

/**
 * @throws DomainError rate_limited; merchant_not_found, also for somebody else's; merchant_sells_airtime; card_code_invalid,
 *   the same for a code that is malformed and one that is unknown.
 */
export async function findAtTheTill(
  { db, codes, codeLimit }: GiftcardApi,
  ownerId: string,
  typed: { readonly merchantId: string; readonly code: string },
): Promise<{ readonly merchant: TillMerchant; readonly card: CardByCode }> {
  await codeLimit.consume(ownerId);
  const { merchantId } = typed;
  const code = parseCode(typed.code);
  const { merchant, card } = await findAtTill(db, { merchantId, ownerId, codeHashes: code ? codes.hashes(code) : [] });
  if (!merchant) throw merchantNotFound(merchantId);
  if (merchant.kind === 'airtime')
    throw new DomainError('merchant_sells_airtime', 'Cards of this merchant are redeemed by topping up a phone.');
  if (!card) throw new DomainError('card_code_invalid', 'There is no card with this code.');
  return { merchant, card };
}

export interface StartRedemption {
  readonly redemptionId: string;
  readonly merchant: TillMerchant;
  readonly card: CardByCode;
  readonly amountMinor: bigint | undefined;
  /** What the till believes the card to be in. */
  readonly currency: string | undefined;
  readonly authorisationId: string | null;
  /** How long the till waits. */
  readonly expiresInMs: number;
  readonly actor: string;
  readonly requestId: string;
}

/**
 * A redemption that is paid out by a batch is one transaction and answers at once; one that is paid out by itself is a
 * workflow, whose first step answers.
 */
export function startRedemption(deps: GiftcardApi, redemption: StartRedemption): OnceWork {
  const { redemptionId, merchant, card, authorisationId, actor, requestId } = redemption;
  const input = {
    redemptionId,
    authorisationId,
    cardId: card.id,
    merchantId: merchant.id,
    currency: redemption.currency ?? null,
  };
  const expiresAt = new Date(Date.now() + redemption.expiresInMs);
  const headers = { location: `/v1/redemptions/${redemptionId}` };
  if (merchant.payoutSchedule !== 'instant') {
    const batched = { amountMinor: redemption.amountMinor ?? null, expiresAt, payout: { settle: 'later' } as const };
    const command = redeemGiftCardCommand({ ...input, ...batched }, { actor, requestId });
    return { command, status: 201, headers };
  }
  const argument: RedeemGiftCardInput = {
    ...input,
    settlementId: nameUuid(sha1, 'settlement', redemptionId),
    amountMinor: redemption.amountMinor?.toString() ?? null,
    cardCurrency: card.currency,
    expiresAt: expiresAt.toISOString(),
    actor,
    requestId,
  };
  return { work: () => redeemByWorkflow(deps, argument, headers) };
}

async function redeemByWorkflow(
  { temporal, budgetMs }: GiftcardApi,
  argument: RedeemGiftCardInput,
  headers: { readonly location: string },
): Promise<Reply> {
  const { redemptionId, settlementId, cardId, merchantId, requestId } = argument;
  const answer = await startAndAwait<RedemptionView>(temporal, {
    workflowType: REDEEM_GIFT_CARD,
    workflowId: redeemGiftCardId(redemptionId),
    taskQueue: GIFTCARD_TASK_QUEUE,
    args: [argument],
    update: AWAIT_CONFIRMATION,
    summary: `Redeem card ${cardId} at merchant ${merchantId}`,
    searchAttributes: { CardId: cardId, MerchantId: merchantId, SettlementId: settlementId, RequestId: requestId },
    memo: { requestId },
    budgetMs,
  });
  if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
  return { status: 202, body: { redemptionId, href: headers.location }, headers };
}

/** What a till is told: not what its settlement does next. */
export const presentRedemption = ({ step: _step, ...redemption }: ConfirmedRedemption): Redemption => redemption;
