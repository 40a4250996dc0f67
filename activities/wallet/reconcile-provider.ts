import type { Database } from '../../db/connect.ts';
import { findWithdrawal } from '../../db/wallet/queries.ts';
import { PROVIDER_CONFIRMED } from '../../workflows/payments/contract.ts';
import {
  DECIDE_WITHDRAWAL,
  fundWalletId,
  RETURN_WITHDRAWAL,
  returnWithdrawalId,
  WALLET_TASK_QUEUE,
  withdrawWalletId,
  type ReturnWithdrawalInput,
  type WithdrawalDecision,
} from '../../workflows/wallet/contract.ts';
import type { ReconciliationDependencies } from '../reconcile-provider.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';

/** Whoever owns an intent of this book asks the provider when it is told that there is something to hear. */
export const adoptInWallet =
  (db: Database, owners: WorkflowOwners): ReconciliationDependencies['adopt'] =>
  async ({ caseId, subjectType, subjectId, intentId, theirs }, { decisionId, actor, reason, requestId }) => {
    if (subjectId === null || intentId === null) return false;
    if (subjectType === 'funding') return owners.signal(fundWalletId(subjectId), PROVIDER_CONFIRMED);
    if (theirs?.['kind'] === 'reversal') {
      const input = { withdrawalId: subjectId, intentId, requestId } satisfies ReturnWithdrawalInput;
      await owners.start({
        workflowType: RETURN_WITHDRAWAL,
        workflowId: returnWithdrawalId(subjectId, caseId),
        taskQueue: WALLET_TASK_QUEUE,
        input,
        summary: `Payout ${intentId} of withdrawal ${subjectId} came back`,
      });
      return true;
    }
    const found = await findWithdrawal(db, subjectId);
    if (found?.state !== 'NEEDS_ATTENTION') return false;
    const input: WithdrawalDecision = { kind: 'retry', caseNumber: found.caseNumber, actor, reason, requestId };
    const workflowId = withdrawWalletId(subjectId);
    return (await owners.decide({ workflowId, update: DECIDE_WITHDRAWAL, updateId: decisionId, input })) === null;
  };
