import type { Db } from './connect.ts';

/** What people look for among parked rows; absent: all. */
export interface CaseFilter {
  readonly reason?: string | undefined;
  readonly currency?: string | undefined;
  /** Untouched for as long, by the database's clock. */
  readonly minAgeMs?: number | undefined;
}

export interface CaseTable {
  readonly table: string;
  readonly reason: string;
  readonly amount: string;
  /** Of rows that wait for a person. */
  readonly state: string;
}

export interface CaseCount {
  readonly reason: string;
  readonly currency: string;
  readonly count: number;
  readonly amountMinor: string;
  /** Since when the oldest of them waits. */
  readonly oldestAt: Date;
}

/** A query of knex or of Objection. */
interface Filterable {
  where(column: string, value: string): unknown;
  whereRaw(sql: string, bindings: (string | number)[]): unknown;
}

export function filterCases(query: Filterable, { table, reason }: CaseTable, filter: CaseFilter): void {
  const { minAgeMs } = filter;
  if (filter.reason !== undefined) query.where(`${table}.${reason}`, filter.reason);
  if (filter.currency !== undefined) query.where(`${table}.currency`, filter.currency);
  if (minAgeMs !== undefined)
    query.whereRaw('??.updated_at <= clock_timestamp() - make_interval(secs => ? / 1000.0)', [table, minAgeMs]);
}

/** How many rows wait for a person, by reason and currency; the most first. */
export async function countCases(db: Db, { table, reason, amount, state }: CaseTable): Promise<CaseCount[]> {
  const result: unknown = await db.raw(
    `select ?? as reason, currency, count(*)::int as count, sum(??)::text as "amountMinor", min(updated_at) as "oldestAt"
     from ?? where state = ? group by 1, 2 order by 3 desc, 1, 2`,
    [reason, amount, table, state],
  );
  return (result as { rows: CaseCount[] }).rows;
}

export interface CaseEvent {
  /** The event, e.g. `wallet.withdrawal.retried`. */
  readonly type: string;
  readonly at: Date;
  /** A person (`user:…`), or the workflow that carries it through. */
  readonly actor: string;
  /** As it was then. */
  readonly caseNumber: number | null;
  /** Why somebody has decided so, or why it waits. */
  readonly reason: string | null;
}

/** What happened to a process, and who decided what of it, the oldest first. @param aggregate what its events are numbered by. */
export const caseHistory = (db: Db, aggregate: string, id: string): Promise<CaseEvent[]> =>
  Promise.resolve(
    db('domain_events')
      .where({ aggregate_type: aggregate, aggregate_id: id })
      .orderBy('version')
      .select<CaseEvent[]>(
        db.raw(`type, occurred_at as at, actor, (payload ->> 'caseNumber')::int as "caseNumber",
          coalesce(payload ->> 'decisionReason', payload ->> 'reason') as reason`),
      ),
  );
