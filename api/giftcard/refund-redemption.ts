import { z } from 'zod';
import { isMerchantOwner } from '../../db/giftcard/queries.ts';
import { readRedemption } from '../../db/giftcard/redeem-gift-card.ts';
import { findRefund, listRefunds, type Refund } from '../../db/giftcard/refund-redemption.ts';
import { DomainError } from '../../domain/errors.ts';
import type { Principal } from '../../runtime/access-tokens.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  AWAIT_REFUND,
  REFUND_REDEMPTION,
  refundRedemptionId,
  type RefundRedemptionInput,
  type RefundStep,
} from '../../workflows/giftcard/settlement.contract.ts';
import { amountMinor, uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

export const refundState = z
  .enum(['waiting_for_settlement', 'pulling_back', 'waiting_for_merchant', 'completed'])
  .optional();

export const refundRedemptionRoutes = ({ db, temporal, budgetMs }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/redemptions/{redemptionId}/refunds',
    summary: 'Give value of a redemption back onto its card',
    auth: 'redemption.refund',
    idempotent: true,
    params: z.object({ redemptionId: uuid }),
    body: z.object({ amountMinor: amountMinor.optional(), reason: z.string().trim().min(3).max(500) }),
    responses: {
      201: { description: 'Accepted; `state` says whether the card has it already, and what it waits for' },
      202: { description: 'Being worked on: look again at the link' },
    },
    handler: async ({ params, body, resourceId, principal, actor, requestId }) => {
      const redemption = await readRedemption(db, params.redemptionId);
      if (!redemption || !(await mayRefund(db, redemption.merchantId, principal)))
        throw new DomainError('redemption_not_found', 'There is no such redemption of your shops.');
      const input: RefundRedemptionInput = {
        refundId: resourceId,
        redemptionId: params.redemptionId,
        amountMinor: body.amountMinor?.toString() ?? null,
        reason: body.reason,
        actor,
        requestId,
      };
      const answer = await startAndAwait<RefundStep>(temporal, {
        workflowType: REFUND_REDEMPTION,
        workflowId: refundRedemptionId(resourceId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        args: [input],
        update: AWAIT_REFUND,
        summary: `Refund redemption ${params.redemptionId}`,
        searchAttributes: { CardId: redemption.cardId, MerchantId: redemption.merchantId, RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      const headers = { location: `/v1/refunds/${resourceId}` };
      if (answer.kind === 'accepted')
        return { status: 202, body: { refundId: resourceId, href: headers.location }, headers };
      const { intent: _intent, ...refund } = answer.value;
      return { status: 201, body: refund, headers };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/refunds/{refundId}',
    summary: 'One refund',
    auth: 'redemption.refund',
    params: z.object({ refundId: uuid }),
    responses: { 200: { description: 'The refund' } },
    handler: async ({ params, principal }) => {
      const refund = await findRefund(db, params.refundId);
      if (!refund || !(await mayRefund(db, refund.merchantId, principal)))
        throw new DomainError('refund_not_found', 'There is no such refund of your shops.');
      return { status: 200, body: refund satisfies Refund };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/refunds',
    summary: 'Refunds of my shops, or of all for finance; newest first',
    auth: 'redemption.refund',
    query: z.object({
      ...pageQuery,
      state: refundState,
    }),
    responses: { 200: { description: 'Refunds' } },
    handler: async ({ query, principal }) => {
      const ownerId = principal.roles.includes('finance') ? undefined : principal.userId;
      const found = await listRefunds(db, { ...query, state: query.state?.toUpperCase(), ownerId });
      return { status: 200, body: pageOf(found, query.limit, ({ refundId }) => refundId) };
    },
  }),
];

const mayRefund = async (db: GiftcardApi['db'], merchantId: string, { roles, userId }: Principal): Promise<boolean> =>
  roles.includes('finance') || isMerchantOwner(db, merchantId, userId);
