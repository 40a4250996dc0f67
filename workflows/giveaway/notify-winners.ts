import * as wf from '@temporalio/workflow';
import type { MailActivities } from '../../activities/giveaway/index.ts';
import { BATCH_ACTIVITY } from '../../temporal-config/activity-profiles.ts';
import { MAIL_TASK_QUEUE } from './contract.ts';

const { sendNotifications } = wf.proxyActivities<MailActivities>({ ...BATCH_ACTIVITY, taskQueue: MAIL_TASK_QUEUE });

/** A sweep: notifications are rows, and one run sends all that are due. */
export async function notifyWinners(): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const accepted = await sendNotifications({ actor: `workflow:${workflowId}`, requestId: workflowId });
  wf.setCurrentDetails(`${accepted} mails accepted`);
  return accepted;
}
