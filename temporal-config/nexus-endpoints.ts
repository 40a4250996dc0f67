import { TASK_QUEUES, type TaskQueue } from './task-queues.ts';

/** One endpoint per service: the server's circuit breaker is per endpoint, and one service's trouble stays its own. */
export const NEXUS_ENDPOINTS: readonly {
  readonly name: string;
  readonly namespace: string;
  readonly taskQueue: TaskQueue;
}[] = [
  { name: 'giftcard-escrow', namespace: 'giftcard', taskQueue: TASK_QUEUES.giftcard },
  { name: 'giftcard-cards', namespace: 'giftcard', taskQueue: TASK_QUEUES.giftcard },
];
