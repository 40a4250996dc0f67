import type { Db } from '../connect.ts';

export interface StoredAlert {
  readonly alertId: string;
  readonly key: string;
  readonly summary: string;
  readonly correlationId: string;
  readonly raisedAt: Date;
  /** With this one. */
  readonly attempts: number;
}

/** Somebody has to be told, once for a key; `claimAlerts` finds it. */
export async function raiseAlert(
  db: Db,
  { key, summary, correlationId }: Pick<StoredAlert, 'key' | 'summary' | 'correlationId'>,
): Promise<void> {
  await db.raw('select raise_alert(?, ?, ?)', [key, summary, correlationId]);
}

/** The next alerts that are due. Each is due again later, until it is delivered: longer each time, at most an hour. */
export async function claimAlerts(db: Db, limit: number): Promise<StoredAlert[]> {
  const result: unknown = await db.raw(
    `update alerts set attempts = attempts + 1, next_attempt_at = now() + least(10 * 2 ^ attempts, 3600) * interval '1 second'
     where id = any (array(select id from alerts where delivered_at is null and next_attempt_at <= now()
       order by next_attempt_at limit ? for no key update skip locked))
     returning id as "alertId", key, summary, correlation_id as "correlationId", created_at as "raisedAt", attempts`,
    [limit],
  );
  return (result as { rows: StoredAlert[] }).rows;
}

export async function markDelivered(db: Db, alertId: string): Promise<void> {
  await db('alerts').where({ id: alertId }).update({ delivered_at: db.fn.now(), last_error: null });
}

export async function markFailed(db: Db, alertId: string, error: string): Promise<void> {
  await db('alerts').where({ id: alertId }).update({ last_error: error });
}
