import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { untouchedBulkRetries } from '../../db/giftcard/bulk-retry.ts';
import {
  batchesWithEscrows,
  untouchedCardOrders,
  untouchedOrderCancellations,
  untouchedRefunds,
  untouchedSettlements,
  untouchedVends,
  type OpenSettlement,
} from '../../db/giftcard/owner-sweep.ts';
import { VEND_AIRTIME, vendAirtimeId, type VendAirtimeInput } from '../../workflows/giftcard/airtime.contract.ts';
import { BULK_RETRY, bulkRetryId, type BulkRetryInput } from '../../workflows/giftcard/bulk-retry.contract.ts';
import {
  CANCEL_CARD_ORDER,
  cancelCardOrderId,
  GIFTCARD_TASK_QUEUE,
  ISSUE_GIFT_CARDS,
  issueGiftCardsId,
  type CancelCardOrderInput,
  type IssueGiftCardsInput,
} from '../../workflows/giftcard/contract.ts';
import {
  parseReversePayoutId,
  parseSettleBatchId,
  REDEEM_GIFT_CARD,
  redeemGiftCardId,
  REFUND_REDEMPTION,
  refundRedemptionId,
  REVERSE_PAYOUT,
  SETTLE_BATCH,
  type RedeemGiftCardInput,
  type RefundRedemptionInput,
  type ReversePayoutInput,
  type SettleBatchInput,
} from '../../workflows/giftcard/settlement.contract.ts';
import { settleEscrows } from '../../db/giftcard/settle-batch.ts';
import { ownerSource, type OwnerSource, type SweepOwnersInput } from '../owner-sweep.ts';
import type { Owner } from '../workflow-owners.ts';

const taskQueue = GIFTCARD_TASK_QUEUE;

export const giftcardOwnerSources = (db: Database): OwnerSource[] => [
  ownerSource((page) => untouchedSettlements(db, page), settlementOwner),
  ownerSource(
    (page) => untouchedRefunds(db, page),
    ({ id, redemptionId, amountMinor, reason, actor, requestId }) => ({
      workflowType: REFUND_REDEMPTION,
      workflowId: refundRedemptionId(id),
      taskQueue,
      input: {
        refundId: id,
        redemptionId,
        amountMinor: amountMinor.toString(),
        reason,
        actor,
        requestId,
      } satisfies RefundRedemptionInput,
      summary: `Refund redemption ${redemptionId}`,
    }),
  ),
  ownerSource(
    (page) => untouchedVends(db, page),
    ({ id, cardId, merchantId, requestId }) => ({
      workflowType: VEND_AIRTIME,
      workflowId: vendAirtimeId(id),
      taskQueue,
      input: { vendId: id, requestId } satisfies VendAirtimeInput,
      searchAttributes: { CardId: cardId, MerchantId: merchantId },
      summary: `Top up a phone with card ${cardId}`,
    }),
  ),
  ownerSource(
    (page) => untouchedCardOrders(db, page),
    ({ id, faceMinor, workflowId, ...order }) => ({
      workflowType: ISSUE_GIFT_CARDS,
      workflowId: issueGiftCardsId(id),
      taskQueue,
      input: {
        ...order,
        orderId: id,
        faceMinor: faceMinor.toString(),
        actor: `workflow:${workflowId}`,
      } satisfies IssueGiftCardsInput,
      summary: `Issue ${order.count} cards of item ${order.catalogueItemId}`,
    }),
  ),
  ownerSource(
    (page) => untouchedOrderCancellations(db, page),
    ({ id, ...cancellation }) => ({
      workflowType: CANCEL_CARD_ORDER,
      workflowId: cancelCardOrderId(id),
      taskQueue,
      input: { ...cancellation, cancelId: id } satisfies CancelCardOrderInput,
      summary: `Cancel order ${cancellation.orderId}`,
    }),
  ),
  ownerSource(
    (page) => untouchedBulkRetries(db, page),
    ({ id, requestId }) => ({
      workflowType: BULK_RETRY,
      workflowId: bulkRetryId(id),
      taskQueue,
      input: { bulkRetryId: id, requestId } satisfies BulkRetryInput,
      summary: `Bulk retry ${id}`,
    }),
  ),
];

const BATCHES = 100;

/** Of batches that were paid by a workflow which was lost then. */
export async function settleLeftEscrows(db: Database, { untouchedMs }: SweepOwnersInput): Promise<void> {
  for (const settlementId of await batchesWithEscrows(db, untouchedMs, BATCHES))
    await settleEscrows(db, settlementId, heartbeat);
}

/** Whoever began it, or who waits for a decision since a payout came back: the row names the workflow. */
function settlementOwner({ id, workflowId, redemption, requestId }: OpenSettlement): Owner | undefined {
  const owner = { workflowId, taskQueue, searchAttributes: { SettlementId: id } };
  const batch = parseSettleBatchId(workflowId);
  const intentId = parseReversePayoutId(workflowId);
  if (batch) {
    const input = { ...batch, requestId } satisfies SettleBatchInput;
    const merchant = batch.merchantId === null ? {} : { MerchantId: batch.merchantId };
    const searchAttributes = { ...owner.searchAttributes, ...merchant };
    return { ...owner, searchAttributes, workflowType: SETTLE_BATCH, input, summary: `Settle batch ${id}` };
  }
  if (intentId !== undefined) {
    const input = { intentId, requestId } satisfies ReversePayoutInput;
    return { ...owner, workflowType: REVERSE_PAYOUT, input, summary: `Payout ${intentId} came back` };
  }
  if (redemption === null || workflowId !== redeemGiftCardId(redemption.redemptionId)) return undefined;
  const { redemptionId, cardId, merchantId, currency } = redemption;
  const input = { redemptionId, settlementId: id, currency, step: null, requestId } satisfies RedeemGiftCardInput;
  const searchAttributes = { ...owner.searchAttributes, CardId: cardId, MerchantId: merchantId };
  return {
    ...owner,
    searchAttributes,
    workflowType: REDEEM_GIFT_CARD,
    input,
    summary: `Pay redemption ${redemptionId} out`,
  };
}
