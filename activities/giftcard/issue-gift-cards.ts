import { activityInfo, heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import {
  activateOrderCards,
  cardsWithoutCode,
  completeCardOrder,
  failCardOrder,
  insertOrderCards,
  openOrderCards,
  placeCardOrder,
  reserveCardOrder,
} from '../../db/giftcard/issue-gift-cards.ts';
import { completeOrderCancellation } from '../../db/giftcard/cancel-card-order.ts';
import { findCardOrder } from '../../db/giftcard/card-orders.ts';
import { voidEscrow } from '../../db/giftcard/reserve-escrow.ts';
import { nameUuid } from '../../domain/ids.ts';
import { parseMinor } from '../../domain/money.ts';
import type { CardCodes } from '../../runtime/card-codes.ts';
import { sha1 } from '../../runtime/crypto.ts';
import {
  issueGiftCardsId,
  type CancelCardOrderInput,
  type CardOrderView,
  type IssueGiftCardsInput,
  type ReleaseEscrowInput,
} from '../../workflows/giftcard/contract.ts';

/** Cards in one transaction: short beside the statement time-out, on a slow machine too. */
const BATCH = 500;

interface OrderRef {
  readonly orderId: string;
  readonly actor: string;
  readonly requestId: string;
}

export const issueGiftCardsActivities = (db: Database, codes: CardCodes) => ({
  placeCardOrder: (input: IssueGiftCardsInput): Promise<CardOrderView> =>
    placeCardOrder(
      db,
      { ...input, faceMinor: parseMinor(input.faceMinor), workflowId: issueGiftCardsId(input.orderId) },
      input,
    ),

  /** All the escrow in two pending transfers, then the cards in batches; goes on where an earlier attempt stopped. */
  reserveCardOrder: async (input: OrderRef & { fundingFeeMinor: string }): Promise<void> => {
    await reserveCardOrder(db, { ...input, fundingFeeMinor: parseMinor(input.fundingFeeMinor) }, input);
    let next: number | null = (activityInfo().heartbeatDetails as number | undefined) ?? 0;
    while (next !== null) {
      ({ next } = await insertOrderCards(db, { orderId: input.orderId, from: next, batch: BATCH }, input));
      heartbeat(next);
    }
  },

  /** After the pivot: the cards get their escrows, and their codes where that was asked for. */
  openOrderCards: async (input: OrderRef & { activate: boolean }): Promise<void> => {
    for (let left = Infinity; left > 0;) {
      ({ left } = await openOrderCards(db, { orderId: input.orderId, batch: BATCH }, input));
      heartbeat();
    }
    for (;;) {
      const ids = input.activate ? await cardsWithoutCode(db, input.orderId, BATCH) : [];
      if (ids.length === 0) return;
      const created = ids.map((id) => ({ id, ...codes.create(id) }));
      await activateOrderCards(db, { orderId: input.orderId, codes: created }, input);
      heartbeat();
    }
  },

  /** The next cards that nobody has; null when there are none. */
  planOrderRelease: async (
    input: CancelCardOrderInput & { piece: number },
  ): Promise<Required<ReleaseEscrowInput> | null> => {
    const order = await findCardOrder(db, input.orderId);
    if (!order) throw new Error(`There is no order ${input.orderId}`);
    const cardIds = await cardsWithoutCode(db, input.orderId, BATCH);
    if (cardIds.length === 0) return null;
    const { hostId, currency } = order;
    return {
      releaseId: nameUuid(sha1, 'release', input.cancelId, String(input.piece)),
      requestId: input.requestId,
      order: { hostId, currency, giveawayId: null, reason: 'cancelled', cardIds },
    };
  },

  /** Nobody's card of it is left in escrow. */
  completeOrderCancellation: (input: CancelCardOrderInput): Promise<void> =>
    completeOrderCancellation(db, input, input),

  completeCardOrder: (input: OrderRef): Promise<CardOrderView> => completeCardOrder(db, input, input),
  failCardOrder: (input: OrderRef & { failureCode: string }): Promise<CardOrderView> => failCardOrder(db, input, input),

  /** The undo of the reservation, in batches; safe where there is none. */
  voidCardOrder: async (input: OrderRef): Promise<void> => {
    await voidEscrow(db, input.orderId, input);
  },
});
