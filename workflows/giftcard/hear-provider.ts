import * as wf from '@temporalio/workflow';
import { PROVIDER_CONFIRMED } from '../payments/contract.ts';

/** From now on the provider is heard. @returns a wait that ends when it has said something, or the time is up. */
export function hearProvider(): (timeoutMs: number) => Promise<unknown> {
  let spoken = false;
  wf.setHandler(wf.defineSignal(PROVIDER_CONFIRMED), () => {
    spoken = true;
  });
  return async (timeoutMs) => {
    // Runs that are older than this have slept, whatever it said.
    if (!wf.patched('provider-is-heard')) return wf.sleep(timeoutMs);
    await wf.condition(() => spoken, timeoutMs);
    spoken = false;
  };
}
