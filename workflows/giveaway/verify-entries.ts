import * as wf from '@temporalio/workflow';
import type { GiveawayActivities, SocialActivities } from '../../activities/giveaway/index.ts';
import { BATCH_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { SOCIAL_TASK_QUEUE } from './contract.ts';

const { scoreSignals } = wf.proxyActivities<GiveawayActivities>(BATCH_ACTIVITY);
const { verifyDueEntries } = wf.proxyActivities<SocialActivities>({ ...BATCH_ACTIVITY, taskQueue: SOCIAL_TASK_QUEUE });

/** A sweep: entries are rows, and one run looks at all that are due. */
export async function verifyEntries(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const input = { actor: `workflow:${workflowId}`, requestId: workflowId };
  await scoreSignals(input);
  const asked = await verifyDueEntries(input);
  wf.setCurrentDetails(`${asked} entries asked about`);
  return asked;
}
