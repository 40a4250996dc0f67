import { monitorEventLoopDelay } from 'node:perf_hooks';

export interface HeldLoop {
  /** The longest that the event loop did not come to its timers. */
  readonly heldMs: number;
  /** The most that this thread computed between two of them: the rest is what the machine gave to others. */
  readonly workMs: number;
}

const MICROS_PER_MS = 1_000;

/** Watches the event loop of this thread. @returns what ends it and says how long the loop was held at most. */
export function watchLoop(): () => HeldLoop {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  delays.enable();
  let workMs = 0;
  let before = process.threadCpuUsage();
  const sampling = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    before = process.threadCpuUsage();
    workMs = Math.max(workMs, (user + system) / MICROS_PER_MS);
  }, 1);
  return () => {
    clearInterval(sampling);
    delays.disable();
    return { heldMs: delays.max / 1e6, workMs };
  };
}
