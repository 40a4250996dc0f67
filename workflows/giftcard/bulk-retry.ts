import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { BULK_RETRY_STATUS, type BulkRetryInput, type BulkRetryProgress } from './bulk-retry.contract.ts';

const { decideNextPage } = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

/**
 * Walks the parked settlements that one person has decided to retry, page by page. Which is next, what became of each, and
 * whether somebody has cancelled it is in rows, so that it goes on where an earlier run stopped.
 */
export async function bulkRetry(input: BulkRetryInput): Promise<void> {
  let progress: BulkRetryProgress = { state: 'RUNNING', matched: 0, accepted: 0, refused: 0 };
  wf.setHandler(wf.defineQuery<BulkRetryProgress>(BULK_RETRY_STATUS), () => progress);
  while (progress.state === 'RUNNING') {
    progress = await decideNextPage(input);
    const { state, matched, accepted, refused } = progress;
    wf.setCurrentDetails(
      `Bulk retry ${input.bulkRetryId}: **${state}**, ${accepted + refused} of ${matched} decided, ${refused} refused`,
    );
    if (progress.state === 'RUNNING' && wf.workflowInfo().continueAsNewSuggested)
      await wf.continueAsNew<typeof bulkRetry>(input);
  }
}
