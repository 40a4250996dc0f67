/**
 * One queue per context that has workflows, and `payments` for activities that call the provider; the latter exists
 * in both namespaces. `relay` is not a Temporal queue: it names the outbox relay in `WORKER_QUEUES`.
 */
export const TASK_QUEUES = {
  wallet: 'wallet',
  giveaway: 'giveaway',
  giftcard: 'giftcard',
  payments: 'payments',
} as const;

export type TaskQueue = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];
