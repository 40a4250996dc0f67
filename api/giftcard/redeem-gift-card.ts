import { z } from 'zod';
import { findCardByCode } from '../../db/giftcard/queries.ts';
import { readRedemption, redeemGiftCard } from '../../db/giftcard/redeem-gift-card.ts';
import { requireMerchant } from '../../db/giftcard/register-merchant.ts';
import { parseCode } from '../../domain/card-code.ts';
import { DomainError } from '../../domain/errors.ts';
import {
  AWAIT_CONFIRMATION,
  GIFTCARD_TASK_QUEUE,
  REDEEM_GIFT_CARD,
  redeemGiftCardId,
  type RedeemGiftCardInput,
  type RedemptionView,
} from '../../workflows/giftcard/contract.ts';
import { amountMinor, currency, uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

const DEFAULT_PATIENCE_MS = 30_000;

/** The code becomes a card id here, and goes no further: it is in no workflow, event or log. */
export const redeemGiftCardRoutes = ({ db, temporal, budgetMs, codes, codeLimit }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/redemptions',
    summary: 'Redeem a card at the till, wholly or in part',
    auth: 'redemption.create',
    idempotent: true,
    body: z.object({
      merchantId: uuid,
      code: z.string().max(64),
      amountMinor: amountMinor.optional(),
      currency: currency.optional(),
      /** How long the till waits; afterwards the redemption is refused. */
      expiresInMs: z.int().min(1_000).max(600_000).default(DEFAULT_PATIENCE_MS),
    }),
    responses: {
      201: { description: 'Confirmed: the value is the merchant’s' },
      202: { description: 'Not confirmed yet: look again at the link; it expires by itself' },
    },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const merchant = await requireMerchant(db, body.merchantId, principal.userId);
      await codeLimit.consume(principal.userId);
      const code = parseCode(body.code);
      const card = code && (await findCardByCode(db, codes.hash(code)));
      if (!card) throw new DomainError('card_code_invalid', 'There is no card with this code.');
      const input = {
        redemptionId: resourceId,
        cardId: card.id,
        merchantId: body.merchantId,
        currency: body.currency ?? null,
        expiresAt: new Date(Date.now() + body.expiresInMs),
      };
      const headers = { location: `/v1/redemptions/${resourceId}` };
      if (merchant.payoutSchedule !== 'instant') {
        // Its payout is a batch's: the redemption is one transaction, and needs no workflow.
        const amounts = { amountMinor: body.amountMinor ?? null, payout: { settle: 'later' } as const };
        const { step: _step, ...redemption } = await redeemGiftCard(db, { ...input, ...amounts }, { actor, requestId });
        return { status: 201, body: redemption, headers };
      }
      const answer = await startAndAwait<RedemptionView>(temporal, {
        workflowType: REDEEM_GIFT_CARD,
        workflowId: redeemGiftCardId(resourceId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        args: [
          {
            ...input,
            amountMinor: body.amountMinor?.toString() ?? null,
            cardCurrency: card.currency,
            authorisationId: null,
            expiresAt: input.expiresAt.toISOString(),
            actor,
            requestId,
          } satisfies RedeemGiftCardInput,
        ],
        update: AWAIT_CONFIRMATION,
        summary: `Redeem card ${card.id} at merchant ${body.merchantId}`,
        searchAttributes: { CardId: card.id, MerchantId: body.merchantId, RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
      return { status: 202, body: { redemptionId: resourceId, href: headers.location }, headers };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/redemptions/{redemptionId}',
    summary: 'One redemption',
    auth: 'redemption.create',
    params: z.object({ redemptionId: uuid }),
    responses: { 200: { description: 'The redemption' } },
    handler: async ({ params, principal }) => {
      const redemption = await readRedemption(db, params.redemptionId);
      if (!redemption) throw new DomainError('redemption_not_found', 'There is no such redemption.');
      await requireMerchant(db, redemption.merchantId, principal.userId);
      return { status: 200, body: redemption };
    },
  }),
];
