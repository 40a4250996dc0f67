import type { Db } from '../connect.ts';

export interface CardEventRow {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly actor: string;
  readonly at: string;
}

/**
 * Everything that names the card, in the order in which it happened.
 * @param until an instant in ISO 8601, itself included: to the microsecond as events have it, which a Date would cut off.
 */
export async function cardHistory(db: Db, cardId: string, until?: string): Promise<CardEventRow[]> {
  const result: unknown = await db.raw(
    `select e.type, e.payload, e.actor, to_jsonb(e.occurred_at) #>> '{}' as at from (
       select * from domain_events where aggregate_type = 'gift_card' and aggregate_id = :cardId::uuid
       union all select * from domain_events where payload ->> 'cardId' = :cardId::text) e
     where :until::timestamptz is null or e.occurred_at <= :until::timestamptz
     order by e.position`,
    { cardId, until: until ?? null },
  );
  return (result as { rows: CardEventRow[] }).rows;
}
