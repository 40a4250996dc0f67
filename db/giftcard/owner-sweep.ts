import type { Db } from '../connect.ts';
import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

export interface OpenSettlement extends UntouchedRow {
  readonly workflowId: string;
  /** Of a payout by itself. */
  readonly redemption: {
    readonly redemptionId: string;
    readonly cardId: string;
    readonly merchantId: string;
    readonly currency: string;
  } | null;
}

export const untouchedSettlements = untouchedRows<OpenSettlement>({
  from: 'settlements t left join redemptions r on r.id = t.redemption_id',
  aggregate: 'settlement',
  columns: `t.workflow_id as "workflowId", case when r.id is not null then jsonb_build_object('redemptionId', r.id, 'cardId', r.card_id,
    'merchantId', r.merchant_id, 'currency', r.currency) end as redemption`,
  open: "t.state <> 'SETTLED'",
});

export interface OpenRefund extends UntouchedRow {
  readonly redemptionId: string;
  readonly amountMinor: bigint;
  readonly reason: string;
  readonly actor: string;
}

export const untouchedRefunds = untouchedRows<OpenRefund>({
  from: 'refunds t',
  aggregate: 'refund',
  columns: `t.redemption_id as "redemptionId", t.amount_minor as "amountMinor", t.reason, t.requested_by as actor`,
  open: "t.state <> 'COMPLETED'",
});

export const untouchedVends = untouchedRows<UntouchedRow & { readonly cardId: string; readonly merchantId: string }>({
  from: 'airtime_vends t',
  aggregate: 'airtime_vend',
  columns: `t.card_id as "cardId", t.merchant_id as "merchantId"`,
  open: "t.state not in ('DELIVERED', 'FAILED_DEFINITE', 'REVERSED')",
});

export interface OpenCardOrder extends UntouchedRow {
  readonly hostId: string;
  readonly catalogueItemId: string;
  readonly faceMinor: bigint;
  readonly count: number;
  readonly activate: boolean;
  readonly workflowId: string;
}

export const untouchedCardOrders = untouchedRows<OpenCardOrder>({
  from: 'card_orders t',
  aggregate: 'card_order',
  columns: `t.host_id as "hostId", t.catalogue_item_id as "catalogueItemId", t.face_minor as "faceMinor", t.card_count as count,
    t.activate, t.workflow_id as "workflowId"`,
  open: "t.state in ('RESERVING', 'ISSUING')",
});

export interface OpenOrderCancellation extends UntouchedRow {
  readonly orderId: string;
  readonly actor: string;
}

export const untouchedOrderCancellations = untouchedRows<OpenOrderCancellation>({
  from: 'card_order_cancellations t',
  aggregate: 'card_order_cancellation',
  columns: `t.order_id as "orderId", t.requested_by as actor`,
  open: "t.state = 'RUNNING'",
});

/** Batches that are paid, and whose escrows are not all settled yet. */
export const batchesWithEscrows = (db: Db, untouchedMs: number, limit: number): Promise<string[]> =>
  db('settlements')
    .where({ kind: 'batch', state: 'SETTLED' })
    .whereNull('escrows_settled_at')
    .whereRaw('updated_at < now() - make_interval(secs => ? / 1000.0)', [untouchedMs])
    .orderBy('id')
    .limit(limit)
    .pluck<string[]>('id');

export interface WaitingPayouts {
  /** `*`: every currency. */
  readonly currency: string;
  readonly after: string | undefined;
  readonly limit: number;
}

/** Settlements that have nothing at the provider, and so may wait for the end of a halt; in the order of their ids. */
export function waitingSettlements(
  db: Db,
  { currency, after, limit }: WaitingPayouts,
): Promise<{ id: string; workflowId: string }[]> {
  const query = db('settlements as s')
    .where({ state: 'SETTLING' })
    .whereRaw(
      `not exists (select from settlement_intents i where i.settlement_id = s.id and i.state in ('SENT', 'UNKNOWN'))`,
    );
  if (currency !== '*') void query.where({ currency });
  if (after !== undefined) void query.where('id', '>', after);
  return query
    .orderBy('id')
    .limit(limit)
    .select<{ id: string; workflowId: string }[]>('id', 'workflow_id as workflowId');
}
