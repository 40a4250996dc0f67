import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { GIFTCARD_CARDS_ENDPOINT, giftcardCards } from '../giftcard/contract.ts';

const { nextFulfilment, settleFulfilment } = wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);

/** So many a run, that its history stays small; a run of its own takes the rest. */
const BATCHES_PER_RUN = 25;

/**
 * A sweep: brings the cards of verified awards that no claim's workflow looks after, many in one step. What the
 * other domain refuses (a frozen card) stays verified and is tried again later.
 */
export async function fulfilAwards(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const caused = { actor: `workflow:${workflowId}`, requestId: workflowId };
  const giftcard = wf.createNexusServiceClient({ endpoint: GIFTCARD_CARDS_ENDPOINT, service: giftcardCards });
  let count = 0;
  for (let batch = 0; ; batch += 1) {
    if (batch === BATCHES_PER_RUN) await wf.continueAsNew();
    const { batchId, cards } = await nextFulfilment(caused);
    if (cards.length === 0) break;
    const { answers } = await giftcard.executeOperation('assignGiftCards', {
      batchId,
      cards,
      requestId: caused.requestId,
    });
    const of = (refused: boolean): string[] =>
      answers.filter(({ refusal }) => (refusal !== null) === refused).map(({ awardId }) => awardId);
    const { fulfilled } = await settleFulfilment({ fulfilled: of(false), postponed: of(true), ...caused });
    count += fulfilled;
  }
  wf.setCurrentDetails(`${count} awards fulfilled`);
  return count;
}
