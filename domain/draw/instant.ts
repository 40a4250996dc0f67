import { requireDraw } from './invalid-draw.ts';
import { requireInstant } from './limits.ts';

const DAY_MS = 86_400_000;

/** Milliseconds since 1970 of an instant as our documents write it. @throws InvalidDraw when there is no such day or time. */
export function instantMs(instant: string): number {
  requireInstant(instant, 'instant');
  const [year, month, day, hour, minute, second, ms] = instant.split(/[-T:.Z]/).map(Number) as Seven;
  const real = month >= 1 && month <= 12 && day >= 1 && day <= daysIn(year, month);
  requireDraw(real && hour < 24 && minute < 60 && second < 60, `There is no instant ${instant}`);
  return daysSince1970(year, month, day) * DAY_MS + ((hour * 60 + minute) * 60 + second) * 1_000 + ms;
}

type Seven = [number, number, number, number, number, number, number];

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

const daysIn = (year: number, month: number): number =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** Of the Gregorian calendar: years begin in March here, so that the day that may be missing comes last. */
function daysSince1970(year: number, month: number, day: number): number {
  const marchYear = month > 2 ? year : year - 1;
  const leapDays = Math.floor(marchYear / 4) - Math.floor(marchYear / 100) + Math.floor(marchYear / 400);
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  return 365 * marchYear + leapDays + dayOfYear - 719_468;
}

/** How long an instant is, in characters, of which each is a byte. */
export const INSTANT_LENGTH = 24;

/** The years of four digits: 0000 to 9999. */
const FIRST_MS = -62_167_219_200_000;
const END_MS = 253_402_300_800_000;
/** Days of 400 years, after which the calendar repeats itself. */
const ERA_DAYS = 146_097;
const SEPARATORS = [
  [4, '-'],
  [7, '-'],
  [10, 'T'],
  [13, ':'],
  [16, ':'],
  [19, '.'],
  [23, 'Z'],
] as const;
const EMPTY = new Uint8Array(INSTANT_LENGTH);
for (const [at, character] of SEPARATORS) EMPTY[at] = character.charCodeAt(0);

/**
 * Writes the characters of an instant, by arithmetic alone: a draw of a million writes a million of them.
 * @param epochMs milliseconds since 1970.
 * @throws InvalidDraw where it cannot be written so: a fraction, or a year of other than four digits.
 */
export function writeInstant(epochMs: number, target: Uint8Array, at: number): void {
  requireDraw(Number.isInteger(epochMs) && epochMs >= FIRST_MS && epochMs < END_MS, NO_INSTANT);
  target.set(EMPTY, at);
  const days = Math.floor(epochMs / DAY_MS);
  const ms = epochMs - days * DAY_MS;
  writeDate(days, target, at);
  const seconds = whole(ms, 1_000);
  const minutes = whole(seconds, 60);
  writeTwo(whole(minutes, 60), target, at + 11);
  writeTwo(minutes % 60, target, at + 14);
  writeTwo(seconds % 60, target, at + 17);
  target[at + 20] = ZERO + whole(ms % 1_000, 100);
  writeTwo(ms % 100, target, at + 21);
}

const NO_INSTANT = 'Not an instant of the years 0000 to 9999, in whole milliseconds';

/** The inverse of {@link daysSince1970}. */
function writeDate(days: number, target: Uint8Array, at: number): void {
  const sinceMarch0 = days + 719_468;
  const era = Math.floor(sinceMarch0 / ERA_DAYS);
  const day = sinceMarch0 - era * ERA_DAYS;
  const leapDays = whole(day, 1_460) - whole(day, 36_524) + whole(day, 146_096);
  const yearOfEra = whole(day - leapDays, 365);
  const dayOfYear = day - (365 * yearOfEra + whole(yearOfEra, 4) - whole(yearOfEra, 100));
  const fromMarch = whole(5 * dayOfYear + 2, 153);
  const month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9;
  const year = era * 400 + yearOfEra + (month > 2 ? 0 : 1);
  writeTwo(whole(year, 100), target, at);
  writeTwo(year % 100, target, at + 2);
  writeTwo(month, target, at + 5);
  writeTwo(dayOfYear - whole(153 * fromMarch + 2, 5) + 1, target, at + 8);
}

/** How often it goes in, of numbers from 0 to 2^31 - 1: engines have an instruction for it. */
const whole = (value: number, divisor: number): number => (value / divisor) | 0;

const ZERO = 0x30;

function writeTwo(value: number, target: Uint8Array, at: number): void {
  const tens = whole(value, 10);
  target[at] = ZERO + tens;
  target[at + 1] = ZERO + value - 10 * tens;
}
