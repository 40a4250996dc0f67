import type { Db } from '../connect.ts';

export interface PayoutLane {
  readonly currency: string;
  /** Null: open. */
  readonly pausedAt: Date | null;
  /** The settlement that found the pooled account short. */
  readonly waitingSettlementId: string | null;
  readonly resumedAt: Date | null;
}

/** The pooled account is short of this currency. Paused before: nothing changes. */
export async function pauseLane(
  db: Db,
  { currency, settlementId }: { currency: string; settlementId: string },
): Promise<void> {
  await db.raw(
    `insert into payout_lanes (currency, paused_at, waiting_settlement_id) values (:currency, now(), :settlementId)
     on conflict (currency) do update set paused_at = now(), waiting_settlement_id = :settlementId where payout_lanes.paused_at is null`,
    { currency, settlementId },
  );
}

/** There is enough again. */
export async function resumeLane(db: Db, currency: string): Promise<void> {
  await db('payout_lanes')
    .where({ currency })
    .whereNotNull('paused_at')
    .update({ paused_at: null, waiting_settlement_id: null, resumed_at: db.fn.now() });
}

export const listLanes = (db: Db): Promise<PayoutLane[]> =>
  db('payout_lanes').orderBy('currency').select<PayoutLane[]>({
    currency: 'currency',
    pausedAt: 'paused_at',
    waitingSettlementId: 'waiting_settlement_id',
    resumedAt: 'resumed_at',
  });
