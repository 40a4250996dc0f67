import { z } from 'zod';
import {
  AWAIT_ISSUED,
  GIFTCARD_TASK_QUEUE,
  ISSUE_GIFT_CARDS,
  issueGiftCardsId,
  MAX_CARDS_PER_ORDER,
  type CardOrderView,
  type IssueGiftCardsInput,
} from '../../workflows/giftcard/contract.ts';
import { amountMinor, uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

export const issueGiftCardsRoutes = ({ temporal, budgetMs }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'post',
    path: '/v1/card-orders',
    summary: 'Issue one or many cards of a catalogue item, paid from my wallet',
    auth: 'card.issue',
    idempotent: true,
    body: z.object({
      catalogueItemId: uuid,
      amountMinor,
      count: z.int().min(1).max(MAX_CARDS_PER_ORDER).default(1),
      /** The cards get their codes at once, and their validity begins; else each when it is assigned. */
      activate: z.boolean().default(false),
    }),
    responses: {
      201: { description: 'Issued: every card lies in escrow' },
      202: { description: 'Being issued: look again at the link' },
    },
    handler: async ({ body, resourceId, principal, actor, requestId }) => {
      const { catalogueItemId, amountMinor: face, count, activate } = body;
      const input: IssueGiftCardsInput = {
        orderId: resourceId,
        hostId: principal.userId,
        catalogueItemId,
        faceMinor: face.toString(),
        count,
        activate,
        actor,
        requestId,
      };
      const answer = await startAndAwait<CardOrderView>(temporal, {
        workflowType: ISSUE_GIFT_CARDS,
        workflowId: issueGiftCardsId(resourceId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        args: [input],
        update: AWAIT_ISSUED,
        summary: `Issue ${count} cards of item ${catalogueItemId}`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      const headers = { location: `/v1/card-orders/${resourceId}` };
      if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
      return { status: 202, body: { orderId: resourceId, href: headers.location }, headers };
    },
  }),
];
