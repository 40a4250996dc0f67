import * as wf from '@temporalio/workflow';
import type { GiveawayActivities } from '../../activities/giveaway/index.ts';
import { BATCH_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { AWARDS_FINISHED, runGiveawayId } from './contract.ts';

const { expireDueClaims } = wf.proxyActivities<GiveawayActivities>(BATCH_ACTIVITY);

/** A sweep: claim windows are rows. Giveaways that have nothing open any more are told, so that they need not look. */
export async function expireClaims(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const finished = await expireDueClaims({ actor: `workflow:${workflowId}`, requestId: workflowId });
  for (const giveawayId of finished) await tellFinished(giveawayId);
  wf.setCurrentDetails(`${finished.length} giveaways have no open award any more`);
  return finished.length;
}

async function tellFinished(giveawayId: string): Promise<void> {
  try {
    await wf.getExternalWorkflowHandle(runGiveawayId(giveawayId)).signal(AWARDS_FINISHED);
  } catch (error) {
    // It has ended by itself in the meantime: it looks at the rows on every wake-up.
    wf.log.info('giveaway has ended already', { giveawayId, error: String(error) });
  }
}
