import { proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import { BATCH_ACTIVITY } from '../temporal-config/activity-profiles.ts';

const activities = proxyActivities<{ foldAccounts(): Promise<number> }>(BATCH_ACTIVITY);

/** A sweep of either book: adds up what is written beside the ledger's shared accounts. */
export async function foldAccounts(): Promise<number> {
  const folded = await activities.foldAccounts();
  setCurrentDetails(`${folded} movements added up`);
  return folded;
}
