import { type DrawEntry, requireEntry } from './entry.ts';
import { InvalidDraw, requireDraw } from './invalid-draw.ts';
import { MAX_ENTRIES } from './limits.ts';

export interface EntryTotals {
  readonly entryCount: number;
  readonly countsByReason: Readonly<Record<string, number>>;
  readonly totalWeight: number;
}

const TOO_MANY = `More than ${MAX_ENTRIES} entries`;

const outOfOrder = (entryId: string, lastId: string): string =>
  entryId === lastId ? `Entry ${entryId} comes twice` : `Entry ${entryId} must not come after ${lastId}`;

/** Counts entries, one at a time, and insists on their order. */
export class EntryTally {
  #lastId = '';
  #count = 0;
  #weight = 0;
  readonly #reasons = new Map<string, number>();

  /** @throws InvalidDraw for a malformed entry, one that does not come after the one before, or one too many. */
  add(entry: DrawEntry): void {
    requireEntry(entry);
    // A million times: the message only where it is needed.
    if (!(entry.entryId > this.#lastId)) throw new InvalidDraw(outOfOrder(entry.entryId, this.#lastId));
    requireDraw(this.#count < MAX_ENTRIES, TOO_MANY);
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
