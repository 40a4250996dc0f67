import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type {
  AssignedGiftCard,
  AssignGiftCardInput,
  Reservation,
  ReservationRef,
  ReserveEscrowInput,
} from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

export const reserveEscrow = (input: ReserveEscrowInput): Promise<Reservation> =>
  asOperation(() => activities.reserveEscrow(input));

export const postEscrow = (input: ReservationRef): Promise<Reservation> =>
  asOperation(() => activities.postEscrow(input));

export const voidEscrow = (input: ReservationRef): Promise<Reservation> =>
  asOperation(() => activities.voidEscrow(input));

export const assignGiftCard = (input: AssignGiftCardInput): Promise<AssignedGiftCard> =>
  asOperation(() => activities.assignGiftCard(input));
