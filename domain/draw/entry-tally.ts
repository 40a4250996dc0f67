import { type DrawEntry, requireEntry } from './entry.ts';
import { requireDraw } from './invalid-draw.ts';
import { MAX_ENTRIES } from './limits.ts';

export interface EntryTotals {
  readonly entryCount: number;
  readonly countsByReason: Readonly<Record<string, number>>;
  readonly totalWeight: number;
}

/** Counts entries, one at a time, and insists on their order. */
export class EntryTally {
  #lastId = '';
  #count = 0;
  #weight = 0;
  readonly #reasons = new Map<string, number>();

  /** @throws InvalidDraw for a malformed entry, one that does not come after the one before, or one too many. */
  add(entry: DrawEntry): void {
    requireEntry(entry);
    requireDraw(entry.entryId !== this.#lastId, `Entry ${entry.entryId} comes twice`);
    requireDraw(entry.entryId > this.#lastId, `Entry ${entry.entryId} must not come after ${this.#lastId}`);
    requireDraw(this.#count < MAX_ENTRIES, `More than ${MAX_ENTRIES} entries`);
    this.#lastId = entry.entryId;
    this.#count += 1;
    this.#weight += entry.weight;
    this.#reasons.set(entry.reason, (this.#reasons.get(entry.reason) ?? 0) + 1);
  }

  totals(): EntryTotals {
    const countsByReason = Object.fromEntries(this.#reasons);
    return { entryCount: this.#count, countsByReason, totalWeight: this.#weight };
  }
}
