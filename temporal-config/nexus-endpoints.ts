import { GIFTCARD_CARDS_ENDPOINT, GIFTCARD_ESCROW_ENDPOINT } from '../workflows/giftcard/contract.ts';
import { GIVEAWAY_WALLET_ENDPOINT } from '../workflows/wallet/contract.ts';
import { TASK_QUEUES, type TaskQueue } from './task-queues.ts';

/** One endpoint per service: the server's circuit breaker is per endpoint, and one service's trouble stays its own. */
export const NEXUS_ENDPOINTS: readonly {
  readonly name: string;
  readonly namespace: string;
  readonly taskQueue: TaskQueue;
}[] = [
  { name: GIFTCARD_ESCROW_ENDPOINT, namespace: 'giftcard', taskQueue: TASK_QUEUES.giftcard },
  { name: GIFTCARD_CARDS_ENDPOINT, namespace: 'giftcard', taskQueue: TASK_QUEUES.giftcard },
  { name: GIVEAWAY_WALLET_ENDPOINT, namespace: 'giveaway', taskQueue: TASK_QUEUES.wallet },
];
