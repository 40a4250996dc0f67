import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { PAYOUT_STATE, type RedeemGiftCardInput, type SettlementState } from './settlement.contract.ts';
import { paySettlement } from './pay-settlement.ts';
import { SettlementDecisions } from './settlement-decisions.ts';

const { nextStep } = wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);

/**
 * Pays a redemption out by a settlement of its own. It was confirmed in one transaction, which wrote the first intent as
 * well, before this was started (docs/decisions/015-a-redemption-is-one-transaction.md).
 */
export async function redeemGiftCard({ settlementId, currency, step, requestId }: RedeemGiftCardInput): Promise<void> {
  const decisions = new SettlementDecisions();
  let state: SettlementState = 'SETTLING';
  wf.setHandler(wf.defineQuery<SettlementState>(PAYOUT_STATE), () => state);

  const caused = { settlementId, currency, requestId };
  const actor = `workflow:${wf.workflowInfo().workflowId}`;
  const onState = (reached: SettlementState): void => {
    state = reached;
  };
  await paySettlement({ ...caused, step: step ?? (await nextStep({ ...caused, actor })), onState }, decisions);
  await wf.condition(wf.allHandlersFinished);
}
