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
