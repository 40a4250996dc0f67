import { delay } from '../../../scripts/stack/run.ts';
import type { Stand } from '../stand.ts';
import { airtimeAgrees } from './airtime-agrees.ts';
import { auditHolds } from './audit-watch.ts';
import { nothingOpen, payoutsHalted } from './nothing-open.ts';
import { providerAgrees } from './provider-agrees.ts';
import { workflowsWhole } from './workflows-whole.ts';

const REST_MS = 30_000;
const AGAIN_MS = 500;

/** Everything that is not as it must be once all has ended; what is about to end has half a minute for it. */
export async function prove({ stack, misdeeds }: Stand): Promise<string[]> {
  const deadline = Date.now() + REST_MS;
  let open = await nothingOpen(stack);
  while (open.length > 0 && Date.now() < deadline) {
    await delay(AGAIN_MS);
    open = await nothingOpen(stack);
  }
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
