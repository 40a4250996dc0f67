import { proxyActivities } from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { CreditReleaseInput } from './contract.ts';

const activities = proxyActivities<WalletActivities>(DATABASE_ACTIVITY);

export const creditRelease = (input: CreditReleaseInput): Promise<void> =>
  asOperation(() => activities.creditRelease(input));
