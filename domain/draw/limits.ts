import { requireDraw } from './invalid-draw.ts';

/** With both at their limit the total weight is 10^13, far below 2^53: plain numbers are exact in every engine. */
export const MAX_ENTRIES = 10_000_000;
export const MAX_WEIGHT = 1_000_000;
/** Each of these prizes ranks all participants once more. */
export const MAX_RANKED_PRIZES = 10;

/** Ids are printable ASCII, so that the order of their text is the order of their bytes everywhere. */
const ID = /^[A-Za-z0-9._:-]{1,128}$/;
const REASON = /^[a-z][a-z0-9_]{0,63}$/;
const HASH = /^[0-9a-f]{64}$/;
/** One spelling of an instant: what `Date.prototype.toISOString` writes. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** @throws InvalidDraw */
export function requireId(value: string, name: string): void {
  requireDraw(ID.test(value), `${name} is not an id (1 to 128 of A-Z a-z 0-9 . _ : -)`);
}

/** @throws InvalidDraw */
export function requireReason(value: string, name: string): void {
  requireDraw(REASON.test(value), `${name} is not a reason code`);
}

/** 32 bytes: a hash, a salt, a secret, a public key. @throws InvalidDraw */
export function requireHash(value: string, name: string): void {
  requireDraw(HASH.test(value), `${name} is not 64 lowercase hex digits`);
}

/** @throws InvalidDraw */
export function requireInstant(value: string, name: string): void {
  requireDraw(INSTANT.test(value), `${name} is not an instant like 2030-01-31T12:00:00.000Z`);
}

/** @throws InvalidDraw */
export function requireCount(value: number, name: string, most: number = Number.MAX_SAFE_INTEGER): void {
  const whole = Number.isSafeInteger(value) && !Object.is(value, -0);
  requireDraw(whole && value >= 0 && value <= most, `${name} is not an integer from 0 to ${most}`);
}
