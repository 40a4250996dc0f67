import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type { GiftcardActivities, TelecomActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { TELECOM_TASK_QUEUE, type ReverseAirtimeInput, type TopUpResult } from './airtime.contract.ts';
import { REFUND_REDEMPTION, refundRedemptionId, type RefundRedemptionInput } from './settlement.contract.ts';

const { openVend, reverseVend } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { findTopUp } = wf.proxyActivities<TelecomActivities>({
  ...PROVIDER_CALL,
  taskQueue: TELECOM_TASK_QUEUE,
  summary: 'top-up at the airtime provider',
});

const DEFINITE = new Set<TopUpResult['kind']>(['delivered', 'refused', 'low_float', 'reversed', 'not_found']);
const ENDED = new Set(['DELIVERED', 'FAILED_DEFINITE', 'REVERSED']);

/**
 * The provider says that airtime was taken back after it had arrived. It is asked itself; if it is so the value goes back
 * onto the card, by a refund that waits for its merchant where it has to. Nobody loses a top-up to a message.
 */
export async function reverseAirtime({ vendId, intentId, requestId }: ReverseAirtimeInput): Promise<void> {
  const { lookUpDelaysMs, giveUpMs } = (await openVend({ vendId, requestId })).patience;
  const until = Date.now() + giveUpMs;
  let found = await findTopUp({ intentId, requestId });
  for (let attempt = 0; ; attempt++) {
    const isKnown = DEFINITE.has(found.kind);
    if (isKnown && found.kind !== 'reversed') break;
    // What is not booked as delivered yet is its own workflow's to end first.
    if (isKnown && ENDED.has((await openVend({ vendId, requestId })).step.state)) break;
    if (Date.now() >= until) break;
    await wf.sleep(lookUpDelaysMs[Math.min(attempt, lookUpDelaysMs.length - 1)] ?? giveUpMs);
    found = await findTopUp({ intentId, requestId });
  }
  wf.setCurrentDetails(`The provider says of top-up ${intentId}: **${found.kind}**`);
  if (found.kind !== 'reversed') return;
  const actor = `workflow:${wf.workflowInfo().workflowId}`;
  const { refundId } = await reverseVend({ vendId, intentId, actor, requestId });
  if (refundId !== null) await carryRefundOn({ refundId, redemptionId: vendId, actor, requestId });
}

/** The refund stands in its row: whoever finds it without a workflow starts it as well. */
async function carryRefundOn(refund: Omit<RefundRedemptionInput, 'amountMinor' | 'reason'>): Promise<void> {
  try {
    await wf.startChild(REFUND_REDEMPTION, {
      workflowId: refundRedemptionId(refund.refundId),
      parentClosePolicy: wf.ParentClosePolicy.ABANDON,
      staticSummary: `Refund redemption ${refund.redemptionId}`,
      args: [{ ...refund, amountMinor: null, reason: 'airtime_reversed' } satisfies RefundRedemptionInput],
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
