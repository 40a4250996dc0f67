import type { Db } from '../connect.ts';

export interface NewEvent {
  readonly aggregateType: string;
  readonly aggregateId: string;
  /** `<context>.<aggregate>.<past participle>`, e.g. `giftcard.redemption.settled`. */
  readonly type: string;
  /** Ids and amounts (as strings) only: an event can never be erased. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** Who did it: `user:<id>`, `api-key:<id>`, `workflow:<id>`, `system`. */
  readonly actor: string;
  readonly correlationId: string;
}

/**
 * Writes the event in the caller's transaction, numbered and chained to the aggregate's last one by the database.
 * Two writers of one aggregate at the same moment: the second fails on the version and its transaction is repeated;
 * callers lock the aggregate's row first, so that it does not come to that.
 */
export const appendEvent = (db: Db, event: NewEvent): Promise<void> => appendEvents(db, [event]);

/** Several, in their order, in one statement. */
export async function appendEvents(db: Db, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await db('domain_events').insert(
    events.map((event) => ({
      aggregate_type: event.aggregateType,
      aggregate_id: event.aggregateId,
      version: 1,
      type: event.type,
      payload: JSON.stringify(event.payload),
      actor: event.actor,
      correlation_id: event.correlationId,
      hash: '',
    })),
  );
}
