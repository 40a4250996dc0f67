import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { lookUpUntilKnown } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';
import type { ReversePayoutInput } from './settlement.contract.ts';

const { reversePullBack: book, alertPullBackReversed } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { findPullBack } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'pull-back at the payment provider',
});

/**
 * The provider says that a merchant has back what was taken for a refund. It is asked itself; if it is so the merchant owes
 * the money, or, where the card has not got its value yet, the refund waits for the merchant.
 */
export async function reversePullBack({ intentId, requestId }: ReversePayoutInput): Promise<void> {
  const found = await lookUpUntilKnown(() => findPullBack({ intentId, requestId }));
  wf.setCurrentDetails(`The provider says of pull-back ${intentId}: **${found.kind}**`);
  if (found.kind !== 'reversed') return;
  const actor = `workflow:${wf.workflowInfo().workflowId}`;
  const { providerId, feeMinor } = found;
  const refund = await book({ intentId, providerId, providerFeeMinor: feeMinor, actor, requestId });
  wf.upsertSearchAttributes(keywords({ CardId: refund.cardId, MerchantId: refund.merchantId }));
  if (refund.state === 'COMPLETED') await alertPullBackReversed({ refundId: refund.refundId, actor, requestId });
}
