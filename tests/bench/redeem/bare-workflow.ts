import * as wf from '@temporalio/workflow';
import type { BareActivities } from './bare-worker.ts';

const { answer } = wf.proxyLocalActivities<BareActivities>({ startToCloseTimeout: '3s' });

/** The least that answers a caller durably: one local activity behind an update. */
export async function bare(input: string): Promise<void> {
  let value: string | undefined;
  wf.setHandler(wf.defineUpdate<string>('awaitAnswer'), async () => {
    await wf.condition(() => value !== undefined);
    return value ?? '';
  });
  value = await answer(input);
  await wf.condition(wf.allHandlersFinished);
}
