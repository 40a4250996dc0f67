import * as wf from '@temporalio/workflow';
import { keywords } from '../temporal-config/search-attributes.ts';
import { PAYOUTS_RESUMED } from './audit/contract.ts';

/** Waits between looks at the halt, beside being told of its end; the last one is repeated. */
const CHECKS_MS = [1_000, 5_000, 15_000, 60_000, 300_000] as const;

/**
 * The auditor has halted new payouts of a currency: nobody has to decide anything about this one, and it goes on when
 * the halt has ended. People who look at the workflow see what it waits for.
 * @param what e.g. `Settlement <id>`; the next look is the caller's. @param checks how often it has looked.
 */
export async function waitForHalt(
  what: string,
  { haltId, currency }: { haltId: string; currency: string },
  checks: number,
): Promise<void> {
  wf.upsertSearchAttributes(keywords({ State: 'WAITING_FOR_HALT' }));
  wf.setCurrentDetails(
    `${what}: waits for the end of halt ${haltId} of payouts in ${currency}, which the auditor found broken`,
  );
  const delay = CHECKS_MS[Math.min(checks, CHECKS_MS.length - 1)] ?? CHECKS_MS[0];
  let resumed = false;
  wf.setHandler(wf.defineSignal(PAYOUTS_RESUMED), () => {
    resumed = true;
  });
  await wf.condition(() => resumed, delay, { summary: `until halt ${haltId} of payouts in ${currency} ends` });
}
