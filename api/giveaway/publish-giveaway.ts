import { z } from 'zod';
import {
  AWAIT_PUBLISHED,
  GIVEAWAY_TASK_QUEUE,
  PUBLISH_GIVEAWAY,
  publishGiveawayId,
  type PublishedGiveaway,
} from '../../workflows/giveaway/contract.ts';
import { uuid } from '../http/amounts.ts';
import { startAndAwait } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiveawayApi } from './dependencies.ts';

/** Waits for the whole saga within the budget: the one place where the other domain is on the HTTP path. */
export const publishGiveawayRoute = ({ temporal, budgetMs }: GiveawayApi): Route =>
  defineRoute({
    method: 'post',
    path: '/v1/giveaways/{giveawayId}/publish',
    summary: 'Pay for the prizes and publish',
    auth: 'giveaway.manage',
    idempotent: true,
    params: z.object({ giveawayId: uuid }),
    responses: {
      201: { description: 'Published' },
      202: { description: 'Still being paid for: look again at the link' },
    },
    handler: async ({ params, resourceId, principal, actor, requestId }) => {
      const { giveawayId } = params;
      const answer = await startAndAwait<PublishedGiveaway>(temporal, {
        workflowType: PUBLISH_GIVEAWAY,
        workflowId: publishGiveawayId(resourceId),
        taskQueue: GIVEAWAY_TASK_QUEUE,
        args: [{ giveawayId, hostId: principal.userId, publishId: resourceId, actor, requestId }],
        update: AWAIT_PUBLISHED,
        summary: `Publish giveaway ${giveawayId}`,
        searchAttributes: { GiveawayId: giveawayId, HostId: principal.userId, RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      const headers = { location: `/v1/giveaways/${giveawayId}` };
      if (answer.kind === 'answered') return { status: 201, body: answer.value, headers };
      return { status: 202, body: { giveawayId, publishId: resourceId, href: headers.location }, headers };
    },
  });
