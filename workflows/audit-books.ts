import * as wf from '@temporalio/workflow';
import { AUDIT_RUN } from '../temporal-config/activity-profiles.ts';
import type { AuditActivities, AuditBooksInput, AuditSummary } from './audit/contract.ts';

const activities = wf.proxyActivities<AuditActivities>(AUDIT_RUN);

/** Asks the book of this namespace every invariant, and halts new payouts where one is broken. */
export async function auditBooks({ scope, by }: AuditBooksInput): Promise<AuditSummary> {
  const { runId, workflowId } = wf.workflowInfo();
  const run = by ?? { auditId: runId, actor: `workflow:${workflowId}`, requestId: workflowId };
  const summary = await activities.auditBooks({ ...run, scope });
  const { checked, inFlight, late, broken } = summary;
  wf.setCurrentDetails(
    `Audit ${run.auditId}: ${checked} checked, ${inFlight} in flight, **${late} late, ${broken} broken**`,
  );
  return summary;
}
