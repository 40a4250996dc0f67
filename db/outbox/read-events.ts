import type { Database } from '../connect.ts';
import { runPrepared, type PreparedStatement } from '../prepared.ts';

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
 * Where there is nothing new it is one round trip, which writes nothing.
 * @returns how many were delivered.
 */
export async function consumeEvents(
  db: Database,
  { consumer, limit }: { consumer: string; limit: number },
  deliver: (events: readonly StoredEvent[]) => Promise<void>,
): Promise<number> {
  const [look] = await runPrepared<{ known: boolean; more: boolean }>(db, LOOK, [consumer]);
  if (!look?.more) return 0;
  if (!look.known) await db('outbox_cursors').insert({ consumer }).onConflict().ignore();
  return db.transaction(async (trx) => {
    const events = await runPrepared<StoredEvent>(trx, READ, [consumer, limit]);
    const last = events.at(-1);
    if (!last) return 0;
    await deliver(events);
    await runPrepared(trx, MOVE, [consumer, last.transactionId, last.position.toString()]);
    return events.length;
  });
}

/** Whether there is anything for this consumer, and whether it has read before. */
const LOOK: PreparedStatement = {
  name: 'look_for_events',
  text: `
select c.consumer is not null as known, (
  select true from domain_events e
  where (e.transaction_id, e.position) > (coalesce(c.transaction_id, '0'), coalesce(c.position, 0))
    and e.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  -- Without an order the table is read from its beginning, past all that was ever delivered.
  order by e.transaction_id, e.position limit 1) is not null as more
from (values ($1::text)) wanted (consumer) left join outbox_cursors c using (consumer)`,
};

/** The cursor is locked first, and events are read after what it says then: its reader may just have moved it. */
const READ: PreparedStatement = {
  name: 'read_events',
  text: `
with c as materialized (
  select transaction_id, position from outbox_cursors where consumer = $1 for no key update skip locked)
select e.position, e.transaction_id::text as "transactionId", e.aggregate_type as "aggregateType", e.aggregate_id as "aggregateId",
  e.version, e.type, e.payload, e.actor, e.correlation_id as "correlationId", e.occurred_at as "occurredAt"
from c cross join lateral (
  select * from domain_events d
  where (d.transaction_id, d.position) > (c.transaction_id, c.position)
    and d.transaction_id < pg_snapshot_xmin(pg_current_snapshot())
  order by d.transaction_id, d.position limit $2::int) e
order by e.transaction_id, e.position`,
};

/** Without waiting for the disk: a crash that forgets it has the same events delivered once more. */
const MOVE: PreparedStatement = {
  name: 'move_events_cursor',
  text: `
update outbox_cursors set transaction_id = $2::xid8, position = $3::bigint, updated_at = now()
where consumer = $1 and set_config('synchronous_commit', 'off', true) = 'off'`,
};
