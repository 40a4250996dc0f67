import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { Answer, refusalOf } from '../answer.ts';
import {
  AWAIT_CONFIRMATION,
  REDEMPTION_STATUS,
  type ConfirmedRedemption,
  type RedeemGiftCardInput,
  type RedemptionView,
} from './settlement.contract.ts';
import { paySettlement } from './pay-settlement.ts';
import { SettlementDecisions } from './settlement-decisions.ts';

const { redeemGiftCard: confirm } = wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);

/** Confirms a redemption in one transaction, answers, and pays it out where it is not left to a batch. */
export async function redeemGiftCard(input: RedeemGiftCardInput): Promise<void> {
  const answer = new Answer<RedemptionView>();
  const decisions = new SettlementDecisions();
  let view: RedemptionView | undefined;
  wf.setHandler(wf.defineQuery<RedemptionView | undefined>(REDEMPTION_STATUS), () => view);
  wf.setHandler(wf.defineUpdate<RedemptionView>(AWAIT_CONFIRMATION), () => answer.wait());

  let confirmed: ConfirmedRedemption | undefined;
  try {
    confirmed = await confirm(input);
    const { step: _step, ...redemption } = confirmed;
    view = redemption;
    answer.give(redemption);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  if (confirmed?.step) {
    const { step, currency } = confirmed;
    const onState = (state: RedemptionView['state']): void => {
      if (view) view = { ...view, state };
    };
    await paySettlement({ ...step, step, currency, requestId: input.requestId, onState }, decisions);
  }
  await wf.condition(wf.allHandlersFinished);
}
