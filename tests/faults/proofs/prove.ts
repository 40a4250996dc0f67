import { untilSaid } from '../patience.ts';
import type { Stand } from '../stand.ts';
import { airtimeAgrees } from './airtime-agrees.ts';
import { auditHolds } from './audit-watch.ts';
import { nothingOpen, payoutsHalted } from './nothing-open.ts';
import { providerAgrees } from './provider-agrees.ts';
import { workflowsWhole } from './workflows-whole.ts';

/** Everything that is not as it must be once all has ended; what is about to end has as long as any operation. */
export async function prove({ stack, misdeeds }: Stand): Promise<string[]> {
  const atRest = async (): Promise<true | undefined> => ((await nothingOpen(stack)).length === 0 ? true : undefined);
  // What has not come to rest by then is said below.
  await untilSaid('the rest', atRest).catch(() => undefined);
  const open = await nothingOpen(stack);
  return [
    ...misdeeds,
    ...open.map((what) => `not ended: ${what}`),
    ...(await payoutsHalted(stack)),
    ...(await auditHolds(stack)),
    ...(await providerAgrees(stack)),
    ...(await airtimeAgrees(stack)),
    ...(await workflowsWhole(stack)),
  ];
}
