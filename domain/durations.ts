const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1_000],
  ['millisecond', 1],
] as const;

/** A time as rules state it: exact, in the largest unit of which it is a whole number. */
export function exactTime(ms: number): string {
  const [name, size] = UNITS.find((unit) => ms > 0 && ms % unit[1] === 0) ?? ['second', 1_000];
  const count = ms / size;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
