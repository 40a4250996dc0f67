import type { Database, Db } from '../connect.ts';

export type { Database } from '../connect.ts';

export interface StoredEvent {
  readonly position: bigint;
  readonly transactionId: string;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly version: number;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly correlationId: string;
  readonly occurredAt: Date;
}

/**
 * Hands the next committed events to `deliver`, in order, and moves the consumer's cursor when it has returned, all in
 * one transaction: at least once. Of two readers with the same name one works and the other gets nothing.
 * Reading stops at the oldest transaction that still runs: positions are given before commit, so a gap may still fill.
 * @returns how many were delivered.
 */
export const consumeEvents = (
  db: Database,
  { consumer, limit }: { consumer: string; limit: number },
  deliver: (events: readonly StoredEvent[]) => Promise<void>,
): Promise<number> =>
  db.transaction(async (trx) => {
    await trx('outbox_cursors').insert({ consumer }).onConflict().ignore();
    const cursor = await trx('outbox_cursors')
      .where({ consumer })
      .forUpdate()
      .skipLocked()
      .first<{ transaction_id: string; position: bigint }>('transaction_id', 'position');
    if (!cursor) return 0;
    const events = await readAfter(trx, cursor, limit);
    const last = events.at(-1);
    if (!last) return 0;
    await deliver(events);
    await trx('outbox_cursors')
      .where({ consumer })
      .update({ transaction_id: last.transactionId, position: last.position, updated_at: trx.fn.now() });
    return events.length;
  });

async function readAfter(
  trx: Db,
  cursor: { transaction_id: string; position: bigint },
  limit: number,
): Promise<StoredEvent[]> {
  const result = await trx.raw(
    `select position, transaction_id::text as "transactionId", aggregate_type as "aggregateType", aggregate_id as "aggregateId",
       version, type, payload, actor, correlation_id as "correlationId", occurred_at as "occurredAt"
     from domain_events
     where (transaction_id, position) > (?::xid8, ?::bigint) and transaction_id < pg_snapshot_xmin(pg_current_snapshot())
     order by transaction_id, position limit ?`,
    [cursor.transaction_id, cursor.position.toString(), limit],
  );
  return (result as { rows: StoredEvent[] }).rows;
}
