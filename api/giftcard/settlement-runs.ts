import { z } from 'zod';
import { listLanes } from '../../db/giftcard/payout-lanes.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  RUN_SETTLEMENTS,
  runSettlementsId,
  type SettlementRunInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import { startWorkflow } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import type { GiftcardApi } from './dependencies.ts';

export const settlementRunRoutes = ({ db, temporal, budgetMs }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/payout-lanes',
    summary: 'Currencies whose payouts wait, or waited, for money in the pooled account',
    auth: 'finance.read',
    responses: { 200: { description: 'Lanes; `pausedAt` is null where payouts go out' } },
    handler: async () => ({ status: 200, body: { data: await listLanes(db) } }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlement-runs',
    summary: 'Pay now what would be paid at the end of the hour, or of the day',
    auth: 'finance.decide',
    idempotent: true,
    body: z.object({ cadence: z.enum(['hourly', 'daily']) }),
    responses: { 202: { description: 'Started: a settlement for every merchant to whom something is due' } },
    handler: async ({ body, resourceId, requestId }) => {
      // A window of its own: what came since the last run by hand is not in that one.
      const window = new Date().toISOString();
      const input: SettlementRunInput = { cadence: body.cadence, window };
      await startWorkflow(temporal, {
        workflowType: RUN_SETTLEMENTS,
        workflowId: runSettlementsId(resourceId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        args: [input],
        summary: `Settlements of window ${window}, by hand`,
        searchAttributes: { RequestId: requestId },
        memo: { requestId },
        budgetMs,
      });
      return { status: 202, body: { window, href: '/v1/finance/settlements' } };
    },
  }),
];
