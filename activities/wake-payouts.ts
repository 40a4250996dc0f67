import { heartbeat } from '@temporalio/activity';
import { PAYOUTS_RESUMED, type AuditActivities } from '../workflows/audit/contract.ts';
import type { WorkflowOwners } from './workflow-owners.ts';

export interface WaitingPage {
  /** `*`: every currency. */
  readonly currency: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Payouts that have not begun, in the order of their ids, and the workflows that wait with them. */
export type ListWaiting = (
  page: WaitingPage,
) => Promise<readonly { readonly id: string; readonly workflowId: string }[]>;

const PAGE = 100;
/** Signals that go out together. */
const AT_ONCE = 10;

export const wakePayoutsActivities = (
  owners: WorkflowOwners,
  listWaiting: ListWaiting,
): Pick<AuditActivities, 'wakePayouts'> => ({
  wakePayouts: async ({ currency }) => {
    let woken = 0;
    for (let after: string | undefined; ;) {
      const page = await listWaiting({ currency, after, limit: PAGE });
      for (let first = 0; first < page.length; first += AT_ONCE) {
        const together = page.slice(first, first + AT_ONCE);
        const told = await Promise.all(together.map(({ workflowId }) => owners.signal(workflowId, PAYOUTS_RESUMED)));
        woken += told.filter(Boolean).length;
        heartbeat();
      }
      after = page.at(-1)?.id;
      if (page.length < PAGE) return woken;
    }
  },
});
