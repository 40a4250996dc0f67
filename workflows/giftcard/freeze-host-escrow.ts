import { proxyActivities } from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { FrozenEscrow, HostFreezeInput } from './contract.ts';

const activities = proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

export const freezeHostEscrow = (input: HostFreezeInput): Promise<FrozenEscrow> =>
  asOperation(() => activities.freezeHostEscrow(input));

export const liftHostFreeze = (input: HostFreezeInput): Promise<void> =>
  asOperation(() => activities.liftHostFreeze(input));
