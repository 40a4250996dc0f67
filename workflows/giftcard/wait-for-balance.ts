import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';

const { pauseLane, resumeLane } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { poolCovers } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'balance of the pooled account',
});

/** Waits between looks at the balance; the last one is repeated. */
const CHECKS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000] as const;

export interface Shortage {
  readonly settlementId: string;
  readonly currency: string;
  readonly amountMinor: string;
}

/** The pooled account is short: the currency's lane is paused until it covers the amount. Nobody has to decide anything. */
export async function waitForBalance({ settlementId, currency, amountMinor }: Shortage): Promise<void> {
  await pauseLane({ settlementId, currency });
  for (let check = 0; ; check += 1) {
    const delay = CHECKS_MS[Math.min(check, CHECKS_MS.length - 1)] ?? CHECKS_MS[0];
    await wf.sleep(delay, { summary: `until the pooled account covers ${amountMinor} ${currency}` });
    if (await poolCovers({ currency, amountMinor })) break;
  }
  await resumeLane({ currency });
}
