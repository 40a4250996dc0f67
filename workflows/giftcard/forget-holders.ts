import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { ForgetHoldersInput, ForgottenHolders } from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/** Behind the operation of the same name: numbers of phones of people who are erased. */
export const forgetHolders = (input: ForgetHoldersInput): Promise<ForgottenHolders> =>
  asOperation(() => activities.forgetHolders(input));
