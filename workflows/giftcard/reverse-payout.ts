import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY, DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { lookUpUntilKnown } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';
import { SETTLEMENT_STATUS, type ReversePayoutInput, type SettlementState } from './settlement.contract.ts';
import { paySettlement } from './pay-settlement.ts';
import { SettlementDecisions } from './settlement-decisions.ts';

const { reversePayout: book } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { settleEscrows } = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);
const { findTransfer } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'transfer at the payment provider',
});

/**
 * The provider says that a payout came back. It is asked itself; if it is so the money is owed again, and the settlement
 * waits here for finance, unless its own workflow is still at work.
 */
export async function reversePayout({ intentId, requestId }: ReversePayoutInput): Promise<void> {
  const { workflowId } = wf.workflowInfo();
  const decisions = new SettlementDecisions();
  let state: SettlementState | 'NOT_REVERSED' = 'NEEDS_ATTENTION';
  wf.setHandler(wf.defineQuery(SETTLEMENT_STATUS), () => state);
  const found = await lookUpUntilKnown(() => findTransfer({ intentId, requestId }));
  if (found.kind !== 'reversed') {
    state = 'NOT_REVERSED';
    wf.setCurrentDetails(`The provider says of transfer ${intentId}: ${found.kind}`);
    return;
  }
  const { mine, currency, merchantId, cardId, ...step } = await book({
    intentId,
    workflowId,
    actor: `workflow:${workflowId}`,
    requestId,
  });
  if (!mine) return;
  wf.upsertSearchAttributes(
    keywords({
      SettlementId: step.settlementId,
      ...(merchantId ? { MerchantId: merchantId } : {}),
      ...(cardId ? { CardId: cardId } : {}),
    }),
  );
  const onState = (next: SettlementState): void => {
    state = next;
  };
  await paySettlement({ settlementId: step.settlementId, currency, step, requestId, onState }, decisions);
  // Of a batch whose own workflow has handed over; elsewhere they are settled long since.
  await settleEscrows(step.settlementId);
  await wf.condition(wf.allHandlersFinished);
}
