/**
 * Milliseconds since 1970 of an instant like 2030-01-31T12:00:00.000Z, by arithmetic alone: the same everywhere.
 * (Days of the Gregorian calendar, counted in eras of 400 years that begin in March.)
 */
export function instantMs(instant: string): number {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, ms = 0] = (instant.match(/\d+/g) ?? []).map(
    Number,
  );
  const fromMarch = month > 2 ? month - 3 : month + 9;
  const marchYear = month > 2 ? year : year - 1;
  const era = Math.floor(marchYear / 400);
  const yearOfEra = marchYear - era * 400;
  const dayOfYear = Math.floor((153 * fromMarch + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  const days = era * 146_097 + dayOfEra - 719_468;
  return (((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000 + ms;
}
