import * as wf from '@temporalio/workflow';
import { AUDIT_RUN, BATCH_ACTIVITY, DATABASE_ACTIVITY } from '../temporal-config/activity-profiles.ts';
import { Answer, refusalOf } from './answer.ts';
import {
  AWAIT_RESUMED,
  type AuditActivities,
  type PayoutHaltView,
  type ResumePayoutsInput,
  type WakePayoutsInput,
} from './audit/contract.ts';

const { recheckHalt } = wf.proxyActivities<AuditActivities>(AUDIT_RUN);
const { liftHalt } = wf.proxyActivities<AuditActivities>(DATABASE_ACTIVITY);
const { wakePayouts: wake } = wf.proxyActivities<AuditActivities>(BATCH_ACTIVITY);

/** Somebody says that what halted payouts is mended: the checks are run anew, and payouts begin again when they agree. */
export async function resumePayouts(input: ResumePayoutsInput): Promise<void> {
  const answer = new Answer<PayoutHaltView>();
  wf.setHandler(wf.defineUpdate<PayoutHaltView>(AWAIT_RESUMED), () => answer.wait());
  try {
    await recheckHalt(input);
    const halt = await liftHalt(input);
    wf.setCurrentDetails(`Payouts in ${halt.currency} begin again: ${input.reason}`);
    answer.give(halt);
    if (wf.patched('waiting-payouts-are-woken')) await wake({ currency: halt.currency });
  } catch (error) {
    const refusal = refusalOf(error);
    wf.setCurrentDetails(`Payouts stay halted: \`${refusal.type}\``);
    answer.refuse(refusal);
  }
  await wf.condition(wf.allHandlersFinished);
}

/** Two people have ended a halt: what waits for that is told. */
export async function wakePayouts({ currency }: WakePayoutsInput): Promise<void> {
  const woken = await wake({ currency });
  wf.setCurrentDetails(`Payouts in ${currency} begin again: ${woken} were told`);
}
