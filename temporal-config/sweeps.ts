import { EXPIRE_AUTHORISATIONS } from '../workflows/giftcard/contract.ts';
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
];
