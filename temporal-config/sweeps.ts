import { EXPIRE_AUTHORISATIONS, SWEEP_EXPIRED_ESCROW } from '../workflows/giftcard/contract.ts';
import type { Sweep } from './schedules.ts';
import { TASK_QUEUES } from './task-queues.ts';

/** What is looked for again and again, besides what each workflow waits for by itself. */
export const sweepsEvery = (everyMs: number): Sweep[] => [
  {
    namespace: 'giftcard',
    scheduleId: 'giftcard.expire-authorisations',
    workflowType: EXPIRE_AUTHORISATIONS,
    taskQueue: TASK_QUEUES.giftcard,
    everyMs,
    summary: 'Ends card authorisations that nobody confirmed in time',
  },
  {
    namespace: 'giftcard',
    scheduleId: 'giftcard.sweep-expired-escrow',
    workflowType: SWEEP_EXPIRED_ESCROW,
    taskQueue: TASK_QUEUES.giftcard,
    everyMs,
    summary: 'Gives the value of expired cards back to their hosts',
  },
];
