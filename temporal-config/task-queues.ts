/**
 * One queue per context that has workflows, four for activities that call a provider: `payments`, in both namespaces,
 * `social`, `mail` and `telecom`; and `payouts` for those that make way for whatever somebody waits for. `relay` is not a
 * Temporal queue: it names the outbox relay in `WORKER_QUEUES`.
 */
export const TASK_QUEUES = {
  wallet: 'wallet',
  giveaway: 'giveaway',
  giftcard: 'giftcard',
  payments: 'payments',
  payouts: 'payouts',
  social: 'social',
  mail: 'mail',
  telecom: 'telecom',
} as const;

export type TaskQueue = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];
