import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY, DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { asOperation } from '../as-operation.ts';
import type {
  AssignedGiftCard,
  AssignGiftCardInput,
  Reservation,
  ReservationRef,
  ReserveCardsInput,
  ReserveEscrowInput,
} from './contract.ts';

const activities = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
/** Of thousands of cards, in batches. */
const batches = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

export const reserveEscrow = (input: ReserveEscrowInput): Promise<Reservation> =>
  asOperation(() => activities.reserveEscrow(input));

export const reserveCards = (input: ReserveCardsInput): Promise<Reservation> =>
  asOperation(() => activities.reserveCards(input));

export const postEscrow = (input: ReservationRef): Promise<Reservation> => asOperation(() => batches.postEscrow(input));

export const voidEscrow = (input: ReservationRef): Promise<Reservation> => asOperation(() => batches.voidEscrow(input));

export const assignGiftCard = (input: AssignGiftCardInput): Promise<AssignedGiftCard> =>
  asOperation(() => activities.assignGiftCard(input));
