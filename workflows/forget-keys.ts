import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { BATCH_ACTIVITY } from '../temporal-config/activity-profiles.ts';

const activities = proxyActivities<{ forgetKeys(): Promise<number> }>(BATCH_ACTIVITY);

/** A sweep of either database: forgets idempotency keys whose time is over. */
export async function forgetKeys(): Promise<number> {
  const forgotten = await activities.forgetKeys();
  setCurrentDetails(`${forgotten} keys forgotten`);
  return forgotten;
}
