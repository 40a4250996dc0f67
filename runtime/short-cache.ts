export interface ShortCache<T> {
  /** The value that was made for this key within the time to live, or a new one. Who asks meanwhile waits for the same. */
  get(key: string, make: () => Promise<T>): Promise<T>;
}

const MAX_KEYS = 1_000;

/** For answers that many ask for and that may be a moment old; each process keeps its own. What fails is not kept. */
export function createShortCache<T>(ttlMs: number): ShortCache<T> {
  const kept = new Map<string, { readonly value: Promise<T>; readonly until: number }>();
  return {
    get: (key, make) => {
      const found = kept.get(key);
      if (found && found.until > Date.now()) return found.value;
      kept.delete(key);
      for (const oldest of kept.keys()) {
        if (kept.size < MAX_KEYS) break;
        kept.delete(oldest);
      }
      const value = make();
      const entry = { value, until: Date.now() + ttlMs };
      kept.set(key, entry);
      value.catch(() => kept.get(key) === entry && kept.delete(key));
      return value;
    },
  };
}
