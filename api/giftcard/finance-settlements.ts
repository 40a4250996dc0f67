import { z } from 'zod';
import type { Settlement, SettlementIntent } from '../../db/giftcard/model.ts';
import { findSettlement, payoutAccountOf, SETTLEMENT_CASES, settlementHistory } from '../../db/giftcard/queries.ts';
import { REFUND_CASES } from '../../db/giftcard/refund-redemption.ts';
import { countCases } from '../../db/parked-cases.ts';
import { DomainError } from '../../domain/errors.ts';
import { uuid } from '../http/amounts.ts';
import { caseQuery } from '../http/case-query.ts';
import { defineRoute, type Route } from '../http/define-route.ts';
import { presentIntents, retryOf } from '../http/payment-intents.ts';
import type { GiftcardApi } from './dependencies.ts';
import { pageOfSettlements, presentSettlement, settlementFilters } from './settlements.ts';

export const financeSettlementRoutes = (deps: GiftcardApi): Route[] => [
  defineRoute({
    method: 'get',
    path: '/v1/finance/settlements',
    summary: 'Settlements for finance: by state, kind, merchant, currency, reason and age; newest first',
    auth: 'finance.read',
    query: z.object({ ...settlementFilters, ...caseQuery }),
    responses: { 200: { description: 'Settlements with their case, reason and intents' } },
    handler: async ({ query }) => ({ status: 200, body: await pageOfSettlements(deps.db, query) }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/settlements/{settlementId}',
    summary: 'A settlement, what the provider says of it now, and what a retry would do',
    auth: 'finance.read',
    params: z.object({ settlementId: uuid }),
    responses: { 200: { description: 'The settlement; a provider that cannot be reached is an answer, too' } },
    handler: async ({ params }) => ({ status: 200, body: await readCase(deps, params.settlementId) }),
  }),
  defineRoute({
    method: 'get',
    path: '/v1/finance/case-counts',
    summary: 'How many settlements and refunds wait for a person, by reason and currency',
    auth: 'finance.read',
    responses: { 200: { description: 'Counts with their amounts, and since when the oldest waits' } },
    handler: async () => {
      const [settlements, refunds] = await Promise.all([
        countCases(deps.db, SETTLEMENT_CASES),
        countCases(deps.db, REFUND_CASES),
      ]);
      return { status: 200, body: { settlements, refunds } };
    },
  }),
];

async function readCase({ db, payments }: GiftcardApi, id: string): Promise<object> {
  const settlement = await findSettlement(db, id);
  if (!settlement) throw new DomainError('settlement_not_found', 'There is no such settlement.');
  const intents = await presentIntents((settlement.intents ?? []).map(intentOf), (one) => payments.findTransfer(one));
  const leg = nextLeg(settlement, intents);
  const retry = retryOf(
    settlement.state === 'NEEDS_ATTENTION',
    intents.filter((intent) => intent.leg === leg),
  );
  return {
    ...presentSettlement(settlement),
    ageMs: Date.now() - settlement.updated_at.getTime(),
    intents,
    retry: { leg, ...retry, merchantAccount: await payoutAccountOf(db, settlement) },
    history: await settlementHistory(db, id),
  };
}

const intentOf = (intent: SettlementIntent) => ({
  intentId: intent.id,
  leg: intent.leg,
  number: intent.number,
  amountMinor: intent.amount_minor,
  destinationAccount: intent.destination_account,
  state: intent.state,
  failureCode: intent.failure_code,
  firstSentAt: intent.first_sent_at,
});

/** The merchant comes first; the platform's leg is sent only after that. */
function nextLeg(settlement: Settlement, intents: readonly { leg: string; state: string }[]): 'merchant' | 'platform' {
  const isPaid = intents.some(({ leg, state }) => leg === 'merchant' && state === 'SUCCEEDED');
  return isPaid || settlement.merchant_minor === settlement.written_off_minor ? 'platform' : 'merchant';
}
