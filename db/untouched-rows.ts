import type { Db } from './connect.ts';

export interface UntouchedPage {
  readonly untouchedMs: number;
  /** The id that the page before ended with. */
  readonly after?: string | undefined;
  /** Only this row, if it is one of them still. */
  readonly only?: string | undefined;
  readonly limit: number;
}

/** A process that is not at its end. */
export interface UntouchedRow {
  readonly id: string;
  /** Of whatever touched it last, so that one id follows the process through. */
  readonly requestId: string;
}

export interface UntouchedOf {
  /** The table as `t`, and what is joined to it. */
  readonly from: string;
  /** What its events are numbered by. */
  readonly aggregate: string;
  readonly columns: string;
  /** Of rows that somebody has to carry on. */
  readonly open: string;
}

const FIRST = '00000000-0000-0000-0000-000000000000';

/**
 * Rows of processes that nobody has touched for so long, by the database's clock, in the order of their ids. One
 * time for all rows: a clock that may show another one for each is no bound that an index knows.
 */
export const untouchedRows =
  <R extends UntouchedRow>({ from, aggregate, columns, open }: UntouchedOf) =>
  async (db: Db, { untouchedMs, after, only, limit }: UntouchedPage): Promise<R[]> => {
    const result: unknown = await db.raw(
      `select t.id, ${columns}, coalesce((select e.correlation_id from domain_events e
         where e.aggregate_type = :aggregate and e.aggregate_id = t.id order by e.version desc limit 1), 'owner-sweep') as "requestId"
       from ${from} where (${open}) and t.updated_at < now() - make_interval(secs => :untouchedMs / 1000.0)
         and t.id > :after and (:only::uuid is null or t.id = :only) order by t.id limit :limit`,
      { aggregate, untouchedMs, after: after ?? FIRST, only: only ?? null, limit },
    );
    return (result as { rows: R[] }).rows;
  };
