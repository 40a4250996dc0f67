import type { Database } from '../../db/connect.ts';
import { findSettlement } from '../../db/giftcard/queries.ts';
import { findRefund } from '../../db/giftcard/refund-redemption.ts';
import { GIFTCARD_TASK_QUEUE } from '../../workflows/giftcard/contract.ts';
import {
  DECIDE_REFUND,
  refundRedemptionId,
  REVERSE_PAYOUT,
  REVERSE_PULL_BACK,
  reversePayoutId,
  reversePullBackId,
  SETTLEMENT_DECISIONS,
  type RefundDecision,
  type ReversePayoutInput,
  type SettlementDecision,
} from '../../workflows/giftcard/settlement.contract.ts';
import type { ReconciliationDependencies } from '../reconcile-provider.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';

/** Whoever owns an intent of this book asks the provider when a parked case of it is retried, and when it is said to have come back. */
export const adoptInGiftcard =
  (db: Database, owners: WorkflowOwners): ReconciliationDependencies['adopt'] =>
  async ({ caseId, subjectType, subjectId, intentId, theirs }, { decisionId, actor, reason, requestId }) => {
    if (subjectId === null || intentId === null) return false;
    const decided = { kind: 'retry', actor, reason, requestId } as const;
    if (theirs?.['kind'] === 'reversal') {
      const isPayout = subjectType === 'settlement';
      const input = { intentId, requestId } satisfies ReversePayoutInput;
      await owners.start({
        workflowType: isPayout ? REVERSE_PAYOUT : REVERSE_PULL_BACK,
        workflowId: (isPayout ? reversePayoutId : reversePullBackId)(intentId, caseId),
        taskQueue: GIFTCARD_TASK_QUEUE,
        input,
        summary: `${isPayout ? 'Payout' : 'Pull-back'} ${intentId} came back`,
      });
      return true;
    }
    if (subjectType === 'settlement') {
      const found = await findSettlement(db, subjectId);
      if (found?.state !== 'NEEDS_ATTENTION') return false;
      const input: SettlementDecision = { ...decided, decisionId, caseNumber: found.case_number };
      const update = { update: SETTLEMENT_DECISIONS.retry, updateId: decisionId, input };
      return (await owners.decide({ workflowId: found.workflow_id, ...update })) === null;
    }
    const refund = await findRefund(db, subjectId);
    if (refund?.state !== 'WAITING_FOR_MERCHANT') return false;
    const input: RefundDecision = { ...decided, caseNumber: refund.caseNumber };
    const update = { update: DECIDE_REFUND, updateId: decisionId, input };
    return (await owners.decide({ workflowId: refundRedemptionId(subjectId), ...update })) === null;
  };
