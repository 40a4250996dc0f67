import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { refusalOf } from '../answer.ts';
import type {
  AssignedGiftCard,
  AssignGiftCardInput,
  Reservation,
  ReservationRef,
  ReserveEscrowInput,
} from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/**
 * The workflows behind the Nexus operations. Only here a refusal fails the workflow: so it reaches the caller as an
 * operation failure with its code, which is not repeated.
 */
async function asOperation<T>(effect: () => Promise<T>): Promise<T> {
  let status = 'running';
  wf.setHandler(wf.defineQuery<string>('operationStatus'), () => status);
  try {
    const result = await effect();
    status = 'done';
    return result;
  } catch (error) {
    status = 'refused';
    throw refusalOf(error);
  }
}

export const reserveEscrow = (input: ReserveEscrowInput): Promise<Reservation> =>
  asOperation(() => activities.reserveEscrow(input));

export const postEscrow = (input: ReservationRef): Promise<Reservation> =>
  asOperation(() => activities.postEscrow(input));

export const voidEscrow = (input: ReservationRef): Promise<Reservation> =>
  asOperation(() => activities.voidEscrow(input));

export const assignGiftCard = (input: AssignGiftCardInput): Promise<AssignedGiftCard> =>
  asOperation(() => activities.assignGiftCard(input));
