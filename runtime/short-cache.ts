export interface ShortCache<T> {
  /** The value that was made for this key within the time to live, or a new one. Who asks meanwhile waits for the same. */
  get(key: string, make: () => Promise<T>): Promise<T>;
}

const MAX_KEYS = 1_000;

/**
 * For answers that many ask for and that may be a moment old; each process keeps its own. What fails is not kept.
 * @param isKept absent: all that is made. Else what is not kept is made anew for everybody who asks, and nobody waits for what
 *   another one makes: it may be of before they asked.
 */
export function createShortCache<T>(ttlMs: number, isKept?: (value: T) => boolean): ShortCache<T> {
  const kept = new Map<string, { readonly value: Promise<T>; readonly until: number }>();
  const keep = (key: string, value: Promise<T>): void => {
    kept.delete(key);
    for (const oldest of kept.keys()) {
      if (kept.size < MAX_KEYS) break;
      kept.delete(oldest);
    }
    const entry = { value, until: Date.now() + ttlMs };
    kept.set(key, entry);
    value.catch(() => kept.get(key) === entry && kept.delete(key));
  };
  return {
    get: async (key, make) => {
      const found = kept.get(key);
      if (found && found.until > Date.now()) return found.value;
      const value = make();
      if (!isKept || isKept(await value)) keep(key, value);
      return value;
    },
  };
}
