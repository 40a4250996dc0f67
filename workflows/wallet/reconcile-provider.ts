import { proxyActivities } from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { ReconcileInput } from '../platform/reconciliation.contract.ts';
import { reconcile } from '../reconcile-provider.ts';
import type { FindPayoutsInput, FoundPayouts } from './contract.ts';

const activities = proxyActivities<WalletActivities>(DATABASE_ACTIVITY);

/** Charges are all of this book; of transfers it knows its own, and the other book is the one that misses any. */
export const reconcileProvider = (input: ReconcileInput): Promise<void> => reconcile(input);

export const findPayouts = (input: FindPayoutsInput): Promise<FoundPayouts> =>
  asOperation(() => activities.findPayouts(input));
