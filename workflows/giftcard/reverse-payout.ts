import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';
import { SETTLEMENT_STATUS, type ReversePayoutInput, type SettlementState } from './settlement.contract.ts';
import { paySettlement } from './pay-settlement.ts';
import { SettlementDecisions } from './settlement-decisions.ts';

const { reversePayout: book } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { findTransfer } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'transfer at the payment provider',
});

const LOOK_UP_AGAIN_MS = 30_000;

/**
 * The provider says that a payout came back. It is asked itself; if it is so the money is owed again, and the settlement
 * waits here for finance, unless its own workflow is still at work.
 */
export async function reversePayout({ intentId, requestId }: ReversePayoutInput): Promise<void> {
  const { workflowId } = wf.workflowInfo();
  const decisions = new SettlementDecisions();
  let state: SettlementState | 'NOT_REVERSED' = 'NEEDS_ATTENTION';
  wf.setHandler(wf.defineQuery(SETTLEMENT_STATUS), () => state);
  let found = await findTransfer({ intentId, requestId });
  while (found.kind === 'unknown') {
    await wf.sleep(LOOK_UP_AGAIN_MS, { summary: 'until the provider answers' });
    found = await findTransfer({ intentId, requestId });
  }
  if (found.kind !== 'reversed') {
    state = 'NOT_REVERSED';
    wf.setCurrentDetails(`The provider says of transfer ${intentId}: ${found.kind}`);
    return;
  }
  const { mine, currency, ...step } = await book({ intentId, workflowId, actor: `workflow:${workflowId}`, requestId });
  if (!mine) return;
  wf.upsertSearchAttributes(keywords({ SettlementId: step.settlementId }));
  const onState = (next: SettlementState): void => {
    state = next;
  };
  await paySettlement({ settlementId: step.settlementId, currency, step, requestId, onState }, decisions);
  await wf.condition(wf.allHandlersFinished);
}
