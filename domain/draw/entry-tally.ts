import { type DrawEntry, requireEntry } from './entry.ts';
import { InvalidDraw, requireDraw } from './invalid-draw.ts';
import { MAX_ENTRIES } from './limits.ts';

export interface EntryTotals {
  readonly entryCount: number;
  readonly countsByReason: Readonly<Record<string, number>>;
  readonly totalWeight: number;
}

const TOO_MANY = `More than ${MAX_ENTRIES} entries`;

/** Why the entry of this id is refused after that of the last. */
export const outOfOrder = (entryId: string, lastId: string): string =>
  entryId === lastId ? `Entry ${entryId} comes twice` : `Entry ${entryId} must not come after ${lastId}`;

/** Counts entries that are well-formed, one at a time. */
export class EntryCounts {
  entryCount = 0;
  #weight = 0;
  readonly #reasons = new Map<string, number>();

  /** @throws InvalidDraw for one too many. */
  add(weight: number, reason: string): void {
    requireDraw(this.entryCount < MAX_ENTRIES, TOO_MANY);
    this.entryCount += 1;
    this.#weight += weight;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  totals(): EntryTotals {
    const countsByReason = Object.fromEntries(this.#reasons);
    return { entryCount: this.entryCount, countsByReason, totalWeight: this.#weight };
  }
}

/** Counts entries, one at a time, and insists on their form and order. */
export class EntryTally {
  #lastId = '';
  readonly #counts = new EntryCounts();

  /** @throws InvalidDraw for a malformed entry, one that does not come after the one before, or one too many. */
  add(entry: DrawEntry): void {
    requireEntry(entry);
    // A million times: the message only where it is needed.
    if (!(entry.entryId > this.#lastId)) throw new InvalidDraw(outOfOrder(entry.entryId, this.#lastId));
    this.#counts.add(entry.weight, entry.reason);
    this.#lastId = entry.entryId;
  }

  totals(): EntryTotals {
    return this.#counts.totals();
  }
}
