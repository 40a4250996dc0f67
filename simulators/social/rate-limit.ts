import type { DatabaseSync } from 'node:sqlite';

/** So many calls in a window; none until somebody sets it. */
export function setLimit(db: DatabaseSync, calls: number, windowMs: number): void {
  db.prepare(
    'insert into limits (id, calls, window_ms) values (1, ?, ?) on conflict (id) do update set calls = excluded.calls, window_ms = excluded.window_ms',
  ).run(calls, windowMs);
}

export function clearLimit(db: DatabaseSync): void {
  db.exec('delete from limits');
}

let windowEndsAt = 0;
let used = 0;

/** @returns how long the caller has to wait; 0 when this call is within the limit, and counted. */
export function waitForLimit(db: DatabaseSync, now: number): number {
  const limit = db.prepare('select calls, window_ms from limits where id = 1').get();
  if (!limit) return 0;
  if (now >= windowEndsAt) {
    windowEndsAt = now + Number(limit['window_ms']);
    used = 0;
  }
  if (used >= Number(limit['calls'])) return windowEndsAt - now;
  used += 1;
  return 0;
}
