import { setTimeout as sleep } from 'node:timers/promises';

const PAUSE_MS = 25;

/** Repeats `attempt` until it does not throw, and returns its result. @throws the last error, after `timeoutMs`. */
export async function waitUntil<T>(attempt: () => Promise<T>, timeoutMs: number, signal?: AbortSignal): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(PAUSE_MS, undefined, { signal });
    }
  }
}
