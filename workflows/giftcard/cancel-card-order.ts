import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { refusalOf } from '../answer.ts';
import { RELEASE_ESCROW, releaseEscrowId, type CancelCardOrderInput, type EscrowReleaseView } from './contract.ts';

const { planOrderRelease, completeOrderCancellation } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/** Gives the cards of an order that nobody has back to its host, piece by piece, until none is left. */
export async function cancelCardOrder(input: CancelCardOrderInput): Promise<void> {
  for (let piece = 0; ; piece += 1) {
    const release = await planOrderRelease({ ...input, piece });
    if (release === null) break;
    wf.setCurrentDetails(`Cancelling order ${input.orderId}: piece ${piece}, ${release.order.cardIds.length} cards`);
    try {
      await wf.executeChild<(input: unknown) => Promise<EscrowReleaseView>>(RELEASE_ESCROW, {
        workflowId: releaseEscrowId(release.releaseId),
        args: [{ ...release, requestId: input.requestId }],
        staticSummary: `Release ${release.releaseId} of ${release.order.cardIds.length} cards`,
      });
    } catch (error) {
      // A card was given to somebody in between: the next piece is without it.
      if (refusalOf(error).type !== 'card_already_assigned') throw error;
    }
  }
  if (wf.patched('cancelled-order-is-noted')) await completeOrderCancellation(input);
}
