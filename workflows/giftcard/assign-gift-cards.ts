import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type { AssignedGiftCards, AssignGiftCardsInput } from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/** Behind the operation of the same name: many winners' cards in one step. */
export const assignGiftCards = (input: AssignGiftCardsInput): Promise<AssignedGiftCards> =>
  asOperation(() => activities.assignGiftCards(input));
