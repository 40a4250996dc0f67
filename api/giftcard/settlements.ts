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
import { uuid } from '../http/amounts.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { pageOf, pageQuery, type ListPage } from '../http/paging.ts';
import type { GiftcardApi } from './dependencies.ts';

const settlementId = z.object({ settlementId: uuid });
export const settlementFilters = {
  ...pageQuery,
  state: z.enum(['settling', 'needs_attention', 'settled']).optional(),
  kind: z.enum(['instant', 'batch', 'platform']).optional(),
  merchantId: uuid.optional(),
};

export const settlementRoutes = ({ db }: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/settlements',
    summary: 'Settlements of my merchants, newest first',
    auth: 'settlement.read',
    query: z.object(settlementFilters),
    responses: { 200: { description: 'Settlements' } },
    handler: async ({ query, principal }) => ({
      status: 200,
      body: await pageOfSettlements(db, { ...query, ownerId: principal.userId }),
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
      return {
        status: 200,
        body: { ...presentSettlement(settlement), history: await settlementHistory(db, settlement.id) },
      };
    },
  }),
];

export async function pageOfSettlements(
  db: GiftcardApi['db'],
  { state, ...filter }: SettlementFilter,
): Promise<ListPage<object>> {
  const found = await listSettlements(db, { ...filter, state: state?.toUpperCase() });
  return pageOf(found.map(presentSettlement), filter.limit, ({ settlementId: id }) => id);
}

export const presentSettlement = (settlement: Settlement) => ({
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
  writtenOff: settlement.written_off_minor.toString(),
  state: settlement.state,
  caseNumber: settlement.case_number,
  reason: settlement.reason,
  createdAt: settlement.created_at.toISOString(),
  updatedAt: settlement.updated_at.toISOString(),
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
