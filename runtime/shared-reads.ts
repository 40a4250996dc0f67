interface Reads<T> {
  running: Promise<T>;
  /** Begins when the running one has ended, for all who have come meanwhile. */
  next?: Promise<T> | undefined;
}

/**
 * For what many ask for at the same moment, and nobody may get stale: everybody gets the result of a read that began after
 * they asked, and there is one read of a key at a time, however many wait for it.
 * @returns a function that reads; it rejects as the read does, for those who waited for that one.
 */
export function shareReads<T>(read: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const reads = new Map<string, Reads<T>>();

  function begin(key: string): Promise<T> {
    const running = read(key);
    const now: Reads<T> = { running };
    reads.set(key, now);
    const ended = (): void => {
      if (reads.get(key) === now && now.next === undefined) reads.delete(key);
    };
    running.then(ended, ended);
    return running;
  }

  return (key) => {
    const now = reads.get(key);
    if (now === undefined) return begin(key);
    const then = (): Promise<T> => begin(key);
    return (now.next ??= now.running.then(then, then));
  };
}
