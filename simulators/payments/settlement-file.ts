import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { nowMs } from './clock.ts';
import { transact } from './database.ts';
import { addEntry, readEntries, type Entry, type Window } from './entries.ts';
import { readSettings } from './settings.ts';

const DAY_MS = 24 * 3_600_000;
const PAGE = 1_000;
/** By then the first page is on its way. */
const SENT_MS = 200;

export interface SettlementFile {
  /** The day is over: nothing will be added. */
  readonly final: boolean;
  readonly lines: Readable;
}

/**
 * What moved on a day (UTC), a line of JSON each, the oldest first. Read page by page while it is sent, so that its size
 * does not matter. Of the day that still runs there is what has happened so far.
 * `cut` breaks the connection after the first page.
 * @returns undefined when it is not there yet.
 */
export function settlementFile(db: DatabaseSync, date: string, cut?: () => void): SettlementFile | undefined {
  const from = Date.parse(`${date}T00:00:00.000Z`);
  const until = from + DAY_MS;
  const now = nowMs(db);
  const { settlementFileDelayMs } = readSettings(db);
  if (from > now || (settlementFileDelayMs > 0 && now < until + settlementFileDelayMs)) return undefined;
  return { final: now >= until, lines: Readable.from(pages(db, { from, until }, cut)) };
}

async function* pages(db: DatabaseSync, window: Window, cut?: () => void): AsyncGenerator<string> {
  for (let after: Entry | undefined; ;) {
    const page: Entry[] = readEntries(db, window, after, PAGE);
    if (page.length === 0) return;
    yield page.map((entry) => `${JSON.stringify(toLine(entry))}\n`).join('');
    if (cut) {
      await sleep(SENT_MS);
      return cut();
    }
    after = page.at(-1);
  }
}

const toLine = ({ reference, kind, state, amount, fee, currency, source, destination, at }: Entry): object => ({
  reference,
  kind,
  state,
  amountMinor: amount,
  feeMinor: fee,
  currency,
  source,
  destination,
  at: new Date(at).toISOString(),
});

/** As many charges as nobody made, on a day: for whoever has to read a large file. */
export function fillSettlementFile(db: DatabaseSync, { date, lines }: { date: string; lines: number }): void {
  const from = Date.parse(`${date}T00:00:00.000Z`);
  transact(db, () => {
    for (let n = 0; n < lines; n += 1) {
      const reference = randomUUID();
      const rest = { currency: 'USD', source: 'tok_visa', destination: 'elsewhere', fee: 59n } as const;
      const at = from + Math.floor((n * DAY_MS) / lines);
      addEntry(db, { id: `ch_${n}`, reference, kind: 'charge', state: 'succeeded', amount: '1000', ...rest }, at);
    }
  });
}
