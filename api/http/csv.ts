import { Readable } from 'node:stream';
import type { Reply } from './define-route.ts';

/** What a spreadsheet would take for a formula. */
const FORMULA = /^[=+\-@\t\r]/;
const NEEDS_QUOTES = /[",\r\n]/;

/** One cell (RFC 4180) of text that somebody may have written: never a formula, whatever opens it. */
export function csvCell(value: string | number | Date | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const text = value instanceof Date ? value.toISOString() : value;
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return NEEDS_QUOTES.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

type Row = readonly (string | number | Date | null)[];

/** Sent piece by piece as the rows come: its length takes no memory. */
export const csvReply = (name: string, header: readonly string[], pieces: AsyncIterable<readonly Row[]>): Reply => ({
  status: 200,
  body: Readable.from(csvLines(header, pieces)),
  type: 'text/csv',
  headers: { 'cache-control': 'no-store', 'content-disposition': `attachment; filename="${name}"` },
});

async function* csvLines(header: readonly string[], pieces: AsyncIterable<readonly Row[]>): AsyncGenerator<string> {
  yield `${header.join(',')}\r\n`;
  for await (const rows of pieces) yield rows.map((row) => `${row.map(csvCell).join(',')}\r\n`).join('');
}
