import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Answer, refusalOf } from '../answer.ts';
import { CaseDecisions } from '../case-decisions.ts';
import { payIntent } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';
import { hearProvider } from './hear-provider.ts';
import {
  AWAIT_REFUND,
  DECIDE_REFUND,
  REFUND_STATUS,
  type RefundDecision,
  type RefundRedemptionInput,
  type RefundStep,
} from './settlement.contract.ts';

const { requestRefund, continueRefund, completePullBack, refusePullBack, honourRefund } =
  wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);
const { parkRefund, alertRefund, reversePullBack } = wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { sendPullBack, findPullBack } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'pull-back at the payment provider',
});

/** How often a refund looks whether the settlement it waits for is done; the last one is repeated. */
const SETTLEMENT_CHECKS_MS = [500, 1_000, 5_000, 15_000, 60_000, 300_000, 900_000] as const;
/** How often it tries again by itself while it waits for the merchant. */
const MERCHANT_CHECK_MS = 24 * 3_600_000;

interface Caused {
  readonly refundId: string;
  readonly actor: string;
  readonly requestId: string;
}

/**
 * Brings value of a redemption back onto its card: at once where it is not paid out, after the settlement that is under
 * way, netted with what is due to the merchant, or pulled back by the provider. What the merchant cannot give back waits
 * for a decision; the card is credited only when the merchant's part is there.
 */
export async function refundRedemption(input: RefundRedemptionInput): Promise<void> {
  const answer = new Answer<RefundStep>();
  const decisions = new CaseDecisions<RefundDecision>([DECIDE_REFUND], {
    code: 'case_not_open',
    message: 'The refund does not wait for a decision.',
  });
  let step: RefundStep | undefined;
  wf.setHandler(wf.defineQuery<RefundStep | undefined>(REFUND_STATUS), () => step);
  wf.setHandler(wf.defineUpdate<RefundStep>(AWAIT_REFUND), () => answer.wait());
  const show = (now: RefundStep): void => {
    step = now;
    wf.upsertSearchAttributes(keywords({ State: now.state, CardId: now.cardId, MerchantId: now.merchantId }));
    const waits =
      now.state === 'WAITING_FOR_MERCHANT'
        ? `, case ${now.caseNumber}: \`${now.failureCode}\`. Waits for finance: \`${DECIDE_REFUND}\``
        : '';
    wf.setCurrentDetails(`Refund ${now.refundId} of ${now.amountMinor} ${now.currency}: **${now.state}**${waits}`);
  };

  try {
    show(await requestRefund(input));
    if (step) answer.give(step);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  const caused = {
    refundId: input.refundId,
    actor: `workflow:${wf.workflowInfo().workflowId}`,
    requestId: input.requestId,
  };
  for (let checks = 0; step && step.state !== 'COMPLETED';) {
    if (step.intent) show(await pullBack(step.intent, caused));
    else if (step.state === 'WAITING_FOR_MERCHANT') show(await waitForMerchant(step, caused, decisions));
    else {
      const delay = SETTLEMENT_CHECKS_MS[Math.min(checks++, SETTLEMENT_CHECKS_MS.length - 1)];
      await wf.sleep(delay ?? MERCHANT_CHECK_MS, { summary: 'until the settlement is done' });
      show(await continueRefund(caused));
    }
  }
  await wf.condition(wf.allHandlersFinished);
}

async function pullBack(intent: NonNullable<RefundStep['intent']>, caused: Caused): Promise<RefundStep> {
  const { intentId, amountMinor, currency, sourceAccount, firstSentAt } = intent;
  const { requestId } = caused;
  const paid = await payIntent({
    intentId,
    firstSentAt,
    send: () => sendPullBack({ intentId, amountMinor, currency, sourceAccount, firstSentAt, requestId }),
    find: () => findPullBack({ intentId, requestId }),
    hint: hearProvider(),
  });
  switch (paid.kind) {
    case 'succeeded':
      return completePullBack({ ...caused, intentId, providerId: paid.providerId, providerFeeMinor: paid.feeMinor });
    case 'refused':
      return refusePullBack({ ...caused, intentId, failureCode: paid.code });
    case 'reversed': {
      // Runs that are older than the rule have taken it for a refusal, which the provider charges nothing for.
      if (!wf.patched('reversed-pull-back-was-paid'))
        return refusePullBack({ ...caused, intentId, failureCode: 'reversed' });
      const { providerId, feeMinor } = paid;
      return reversePullBack({ ...caused, intentId, providerId, providerFeeMinor: feeMinor });
    }
    case 'unresolved':
      return parkRefund({ ...caused, reason: paid.cause });
  }
}

/** Until finance decides; by itself it tries again every day, because the merchant may have earned meanwhile. */
async function waitForMerchant(
  step: RefundStep,
  caused: Caused,
  decisions: CaseDecisions<RefundDecision>,
): Promise<RefundStep> {
  decisions.open(step.caseNumber);
  await alertRefund({ ...caused, caseNumber: step.caseNumber, reason: step.failureCode ?? 'unknown' });
  const decision = await decisions.nextOr(() => false, MERCHANT_CHECK_MS);
  if (!decision) return continueRefund(caused);
  const { kind, actor, requestId, caseNumber, reason: decisionReason } = decision;
  const decided = { refundId: step.refundId, caseNumber, decisionReason, actor, requestId };
  try {
    return await (kind === 'honour' ? honourRefund(decided) : continueRefund(decided));
  } catch (error) {
    // Decided on what is no longer so: the refund stays where it is.
    wf.log.info('decision not carried out', { kind, code: refusalOf(error).type });
    return step;
  }
}
