import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import { BATCH_ACTIVITY, LONG_TRANSACTION } from '../temporal-config/activity-profiles.ts';
import { keywords } from '../temporal-config/search-attributes.ts';
import {
  RECONCILE_PROVIDER,
  reconcileProviderId,
  RECONCILIATION_STATUS,
  type ReconcileInput,
  type ReconciliationActivities,
  type ReconciliationView,
} from './platform/reconciliation.contract.ts';

const { loadSettlementFile, openReconciliationCases } = wf.proxyActivities<ReconciliationActivities>(BATCH_ACTIVITY);
const { matchSettlementFile } = wf.proxyActivities<ReconciliationActivities>(LONG_TRANSACTION);

/** Waits for a file that is late; the last one is repeated. */
const LATE_WAITS_MS = [5_000, 60_000, 300_000, 900_000, 3_600_000] as const;
const DAY_MS = 24 * 3_600_000;
const DAY = 'YYYY-MM-DD'.length;

/**
 * Holds the provider's file of a day against our intents: what is the same, what one side lacks, what differs. Each difference
 * is a case with a workflow of its own. A file that is late is waited for; one that is read again changes what it says.
 * @param askElsewhere marks what the other service has.
 */
export async function reconcile(
  input: ReconcileInput,
  askElsewhere: (reconciliationId: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  let view: ReconciliationView | undefined;
  wf.setHandler(wf.defineQuery<ReconciliationView | undefined>(RECONCILIATION_STATUS), () => view);
  let loaded = await loadSettlementFile(input);
  for (let wait = 0; loaded === null; wait += 1) {
    wf.setCurrentDetails(`The provider has no file of ${input.date} yet`);
    await wf.sleep(LATE_WAITS_MS[Math.min(wait, LATE_WAITS_MS.length - 1)] ?? DAY_MS, {
      summary: 'until the file is there',
    });
    loaded = await loadSettlementFile(input);
  }
  await askElsewhere(loaded.reconciliationId);
  const { actor, requestId } = input;
  view = await matchSettlementFile({ ...loaded, actor, requestId });
  const cases = await openReconciliationCases({ reconciliationId: loaded.reconciliationId, requestId });
  wf.setCurrentDetails(`Day ${input.date}: ${JSON.stringify(view.counts)}, ${cases} cases open`);
}

/** A sweep: the file of the day before. */
export async function reconcileYesterday(): Promise<void> {
  const { workflowId, taskQueue } = wf.workflowInfo();
  const date = new Date(Date.now() - DAY_MS).toISOString().slice(0, DAY);
  const input: ReconcileInput = { date, actor: `workflow:${workflowId}`, requestId: workflowId };
  try {
    await wf.startChild(RECONCILE_PROVIDER, {
      workflowId: reconcileProviderId(date),
      taskQueue,
      args: [input],
      parentClosePolicy: 'ABANDON',
      staticSummary: `Reconcile with the provider, ${date}`,
      memo: { requestId: workflowId },
      typedSearchAttributes: keywords({ RequestId: workflowId }),
    });
  } catch (error) {
    // Somebody has asked for it by hand.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}
