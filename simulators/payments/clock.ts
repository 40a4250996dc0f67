import type { DatabaseSync } from 'node:sqlite';
import { readSetting, writeSetting } from './settings.ts';

/** The provider's own clock: real time, put forward by whoever tests what happens later. */
export const nowMs = (db: DatabaseSync): number => Date.now() + Number(readSetting(db, 'clock') ?? 0);

/** @returns the new time. It never goes back: what has happened has happened. */
export function advanceClock(db: DatabaseSync, byMs: number): number {
  writeSetting(db, 'clock', Number(readSetting(db, 'clock') ?? 0) + byMs);
  return nowMs(db);
}
