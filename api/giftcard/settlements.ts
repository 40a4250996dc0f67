import { z } from 'zod';
import {
  findSettlement,
  isMerchantOwner,
  listSettlements,
  settlementHistory,
  type SettlementFilter,
} from '../../db/giftcard/queries.ts';
import type { Settlement } from '../../db/giftcard/model.ts';
import { DomainError } from '../../domain/errors.ts';
import { RETRY_SETTLEMENT, type RetrySettlementInput } from '../../workflows/giftcard/contract.ts';
import { uuid } from '../http/amounts.ts';
import { updateRunning } from '../http/await-workflow.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery, type ListPage } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

const settlementId = z.object({ settlementId: uuid });
const filters = {
  ...pageQuery,
  state: z.enum(['settling', 'needs_attention', 'settled']).optional(),
  kind: z.enum(['instant', 'batch', 'platform']).optional(),
  merchantId: uuid.optional(),
};

export const settlementRoutes = ({ db, temporal, budgetMs }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/settlements',
    summary: 'Settlements of my merchants, newest first',
    auth: 'settlement.read',
    query: z.object(filters),
    responses: { 200: { description: 'Settlements' } },
    handler: async ({ query, principal }) => ({
      status: 200,
      body: await list(db, { ...query, ownerId: principal.userId }),
    }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/settlements/{settlementId}',
    summary: 'A settlement with its shares, intents and history',
    auth: 'settlement.read',
    params: settlementId,
    responses: { 200: { description: 'The settlement' } },
    handler: async ({ params, principal }) => {
      const settlement = await findSettlement(db, params.settlementId);
      const visible =
        settlement &&
        (principal.roles.includes('finance') || (await isMerchantOwner(db, settlement.merchant_id, principal.userId)));
      if (!visible) throw new DomainError('settlement_not_found', 'There is no such settlement that you may see.');
      return { status: 200, body: { ...present(settlement), history: await settlementHistory(db, settlement.id) } };
    },
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/settlements',
    summary: 'Settlements for finance, by state',
    auth: 'finance.read',
    query: z.object(filters),
    responses: { 200: { description: 'Settlements with their case, reason and intents' } },
    handler: async ({ query }) => ({ status: 200, body: await list(db, query) }),
  }),
  defineRoute({
    method: 'post',
    path: '/v1/finance/settlements/{settlementId}/retry',
    summary: 'Try a parked settlement again, as a new intent',
    auth: 'finance.decide',
    idempotent: true,
    params: settlementId,
    body: z.object({ caseNumber: z.int().min(1), reason: z.string().trim().min(3).max(500) }),
    responses: { 202: { description: 'Decided: the settlement goes on' } },
    handler: async ({ params, body, resourceId, actor, requestId }) => {
      const settlement = await findSettlement(db, params.settlementId);
      if (!settlement) throw new DomainError('settlement_not_found', 'There is no such settlement.');
      const decision: RetrySettlementInput = { ...body, decisionId: resourceId, actor, requestId };
      const answer = await updateRunning(temporal, {
        workflowId: settlement.workflow_id,
        update: RETRY_SETTLEMENT,
        updateId: resourceId,
        args: [decision],
        budgetMs,
      });
      if (!answer)
        throw new DomainError('settlement_not_parked', `The settlement is ${settlement.state}.`, {
          state: settlement.state,
        });
      return { status: 202, body: { settlementId: settlement.id, href: `/v1/settlements/${settlement.id}` } };
    },
  }),
];

async function list(db: GiftcardApi['db'], { state, ...filter }: SettlementFilter): Promise<ListPage<object>> {
  const found = await listSettlements(db, { ...filter, state: state?.toUpperCase() });
  return pageOf(found.map(present), filter.limit, ({ settlementId: id }) => id);
}

const present = (settlement: Settlement) => ({
  settlementId: settlement.id,
  kind: settlement.kind,
  window: settlement.window_key,
  redemptions: settlement.line_count,
  merchantId: settlement.merchant_id,
  cardId: settlement.card_id,
  redemptionId: settlement.redemption_id,
  workflowId: settlement.workflow_id,
  currency: settlement.currency,
  gross: settlement.gross_minor.toString(),
  fee: settlement.fee_minor.toString(),
  service: settlement.service_minor.toString(),
  merchant: settlement.merchant_minor.toString(),
  carried: settlement.carried_minor.toString(),
  state: settlement.state,
  caseNumber: settlement.case_number,
  reason: settlement.reason,
  createdAt: settlement.created_at.toISOString(),
  intents: (settlement.intents ?? []).map((intent) => ({
    intentId: intent.id,
    leg: intent.leg,
    number: intent.number,
    amountMinor: intent.amount_minor.toString(),
    state: intent.state,
    failureCode: intent.failure_code,
    payoutFeeMinor: intent.payout_fee_minor?.toString() ?? null,
  })),
});
