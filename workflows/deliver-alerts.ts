import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { BATCH_ACTIVITY } from '../temporal-config/activity-profiles.ts';
import type { AuditActivities } from './audit/contract.ts';

const activities = proxyActivities<AuditActivities>(BATCH_ACTIVITY);

/** A sweep: tells people what they have to know, and again later where that fails. */
export async function deliverAlerts(): Promise<number> {
  const { delivered, failed } = await activities.deliverAlerts();
  setCurrentDetails(`${delivered} alerts delivered, ${failed} to be tried again`);
  return delivered;
}
