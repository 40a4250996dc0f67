import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { BATCH_ACTIVITY } from '../temporal-config/activity-profiles.ts';

interface SweepOwnersInput {
  readonly untouchedMs: number;
}

const activities = proxyActivities<{ restoreOwners(input: SweepOwnersInput): Promise<number> }>(BATCH_ACTIVITY);

/** A sweep: starts the workflows again that processes of this context have lost. */
export async function sweepOwners(input: SweepOwnersInput): Promise<number> {
  const restored = await activities.restoreOwners(input);
  setCurrentDetails(`${restored} processes had lost their workflow`);
  return restored;
}
