import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import { DATABASE_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { GIFTCARD_CARDS_ENDPOINT, giftcardCards } from '../giftcard/contract.ts';

const { nextHoldersToForget, markHoldersForgotten } = wf.proxyActivities<GiveawayActivities>(DATABASE_ACTIVITY);

/** So many a run, that its history stays small; the next run takes the rest. */
const PIECES_PER_RUN = 25;

/**
 * A sweep: has the giftcard domain forget the numbers of phones of people who are erased. Whoever has a top-up under way is
 * forgotten by a later run.
 */
export async function forgetHolders(): Promise<number> {
  const { workflowId: requestId } = wf.workflowInfo();
  const giftcard = wf.createNexusServiceClient({ endpoint: GIFTCARD_CARDS_ENDPOINT, service: giftcardCards });
  let count = 0;
  let after: string | null = null;
  for (let piece = 0; piece < PIECES_PER_RUN; piece += 1) {
    const next: Awaited<ReturnType<typeof nextHoldersToForget>> = await nextHoldersToForget({ after, requestId });
    const { forgetId, userIds } = next;
    after = userIds.at(-1) ?? null;
    if (after === null) break;
    const { forgotten } = await giftcard.executeOperation('forgetHolders', { forgetId, userIds, requestId });
    await markHoldersForgotten({ userIds: forgotten, requestId });
    count += forgotten.length;
  }
  wf.setCurrentDetails(`${count} people forgotten`);
  return count;
}
