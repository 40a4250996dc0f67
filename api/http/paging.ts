import { z } from 'zod';
import { uuid } from './amounts.ts';

const MAX_LIMIT = 200;

/** Of a list, newest first: how many, and the `next` of the page before. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(50),
  after: uuid.optional(),
};

export interface ListPage<T> {
  readonly data: readonly T[];
  /** Send it as `after` for the next page; null on the last. */
  readonly next: string | null;
}

/** @param rows one more than the limit, if there are as many: see `newestFirst` in db/page.ts. */
export function pageOf<T>(rows: readonly T[], limit: number, idOf: (row: T) => string): ListPage<T> {
  const data = rows.slice(0, limit);
  const last = data.at(-1);
  return { data, next: rows.length > limit && last !== undefined ? idOf(last) : null };
}
