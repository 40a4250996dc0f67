import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY } from '../../temporal-config/activity-profiles.ts';

const activities = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

/** A sweep: ends the authorisations that nobody confirmed in time. */
export async function expireAuthorisations(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const expired = await activities.expireAuthorisations({ actor: `workflow:${workflowId}`, requestId: workflowId });
  wf.setCurrentDetails(`${expired} authorisations ended`);
  return expired;
}
