import { findAtTill, type CardByCode, type TillMerchant } from '../../db/giftcard/find-at-till.ts';
import {
  redeemGiftCardCommand,
  type ConfirmedRedemption,
  type RedeemGiftCard,
  type Redemption,
} from '../../db/giftcard/redeem-gift-card.ts';
import { merchantNotFound } from '../../db/giftcard/register-merchant.ts';
import { parseCode } from '../../domain/card-code.ts';
import { DomainError } from '../../domain/errors.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  REDEEM_GIFT_CARD,
  redeemGiftCardId,
  type RedeemGiftCardInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import type { OnceWork } from '../http/define-route.ts';
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
 * A redemption is one transaction, in which it is confirmed. Where it is paid out by itself, the transaction has written the
 * payout's first intent as well, and the workflow that carries it through is started before the till is answered.
 */
export function startRedemption(deps: GiftcardApi, redemption: StartRedemption): OnceWork {
  const { redemptionId, merchant, card, authorisationId, actor, requestId } = redemption;
  const payout: RedeemGiftCard['payout'] =
    merchant.payoutSchedule === 'instant'
      ? {
          settle: 'instant',
          settlementId: nameUuid(sha1, 'settlement', redemptionId),
          workflowId: redeemGiftCardId(redemptionId),
          ...deps.payoutRulesOf(card.currency),
        }
      : { settle: 'later' };
  const input = {
    redemptionId,
    authorisationId,
    cardId: card.id,
    merchantId: merchant.id,
    amountMinor: redemption.amountMinor ?? null,
    currency: redemption.currency ?? null,
    expiresAt: new Date(Date.now() + redemption.expiresInMs),
    payout,
  };
  return {
    command: redeemGiftCardCommand(input, { actor, requestId }),
    status: 201,
    headers: { location: `/v1/redemptions/${redemptionId}` },
    begin: (confirmed: ConfirmedRedemption, fresh) => beginPayout(deps, confirmed, { fresh, requestId }),
  };
}

async function beginPayout(
  { committedStarts }: GiftcardApi,
  { redemptionId, settlementId, cardId, merchantId, currency, step }: ConfirmedRedemption,
  { fresh, requestId }: { readonly fresh: boolean; readonly requestId: string },
): Promise<void> {
  // A batch pays it.
  if (settlementId === null) return;
  const input: RedeemGiftCardInput = { redemptionId, settlementId, currency, step: fresh ? step : null, requestId };
  await committedStarts.start({
    workflowType: REDEEM_GIFT_CARD,
    workflowId: redeemGiftCardId(redemptionId),
    taskQueue: GIFTCARD_TASK_QUEUE,
    args: [input],
    summary: `Pay redemption ${redemptionId} out`,
    searchAttributes: { CardId: cardId, MerchantId: merchantId, SettlementId: settlementId, RequestId: requestId },
    memo: { requestId },
  });
}

/** What a till is told: not what its settlement does next. */
export const presentRedemption = ({ step: _step, ...redemption }: ConfirmedRedemption): Redemption => redemption;
