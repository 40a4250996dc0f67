import type { Knex } from 'knex';

export interface Page {
  readonly limit: number;
  /** The id of the last row of the page before. */
  readonly after?: string | undefined;
}

/**
 * The newest rows first, by (created_at, id): a row that is added meanwhile moves nothing, and nothing is shown twice.
 * Asks for one row more than the limit, which says whether there is another page.
 */
export function newestFirst(query: Knex.QueryBuilder, table: string, { limit, after }: Page): void {
  void query.orderBy([
    { column: `${table}.created_at`, order: 'desc' },
    { column: `${table}.id`, order: 'desc' },
  ]);
  void query.limit(limit + 1);
  if (after === undefined) return;
  void query.whereRaw('(??, ??) < (select p.created_at, p.id from ?? p where p.id = ?)', [
    `${table}.created_at`,
    `${table}.id`,
    table,
    after,
  ]);
}
