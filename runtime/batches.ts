/** Calls that come at the same time, made as one: a round trip and a commit for all of them. */
export interface BatchOptions<I, O> {
  /** Makes them all, or fails and has made none. @returns the results in the order of the calls. */
  readonly run: (calls: readonly I[]) => Promise<readonly O[]>;
  /** Two calls with the same name never share a batch. */
  readonly nameOf: (call: I) => string;
  readonly maxCalls: number;
  /** How many batches are under way at most; what comes meanwhile waits for the next one. */
  readonly maxBatches: number;
}

interface Waiting<I, O> {
  readonly call: I;
  readonly resolve: (result: O) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * @returns a function that makes one call, and resolves or rejects for that call alone: where a batch fails its calls are
 * made one by one, so that one of them cannot fail the others. They must be safe to repeat.
 */
export function inBatches<I, O>({ run, nameOf, maxCalls, maxBatches }: BatchOptions<I, O>): (call: I) => Promise<O> {
  let waiting: Waiting<I, O>[] = [];
  let batches = 0;
  let scheduled = false;

  function take(): Waiting<I, O>[] {
    const batch = new Map<string, Waiting<I, O>>();
    // Shared out over the batches that may begin now: all in one of them, the others would stand idle.
    const share = Math.min(maxCalls, Math.ceil(waiting.length / (maxBatches - batches)));
    const rest: Waiting<I, O>[] = [];
    for (const item of waiting) {
      const name = nameOf(item.call);
      if (batch.size < share && !batch.has(name)) batch.set(name, item);
      else rest.push(item);
    }
    waiting = rest;
    return [...batch.values()];
  }

  async function make(batch: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const results = await run(batch.map(({ call }) => call));
      for (const [index, { resolve }] of batch.entries()) resolve(results[index] as O);
    } catch (error) {
      if (batch.length > 1) await Promise.all(batch.map((item) => make([item])));
      else for (const { reject } of batch) reject(error);
    }
  }

  function schedule(): void {
    if (scheduled || waiting.length === 0 || batches >= maxBatches) return;
    scheduled = true;
    // After what else has just arrived.
    setImmediate(() => {
      scheduled = false;
      const batch = take();
      batches += 1;
      void make(batch).finally(() => {
        batches -= 1;
        schedule();
      });
      schedule();
    });
  }

  return (call) =>
    new Promise<O>((resolve, reject) => {
      waiting.push({ call, resolve, reject });
      schedule();
    });
}
