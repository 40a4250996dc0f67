import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PAYOUT, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { TASK_QUEUES } from '../../temporal-config/task-queues.ts';
import { refusalOf } from '../answer.ts';
import { NEVER_ARRIVED, payIntent } from '../pay-intent.ts';
import { waitForHalt } from '../wait-for-halt.ts';
import { PAYMENTS_TASK_QUEUE, POOL_SHORT, type PaymentResult, type PaymentsActivities } from '../payments/contract.ts';
import {
  SETTLEMENT_DECISIONS,
  transferOf,
  type LegIntent,
  type SettlementDecision,
  type SettlementState,
  type SettlementStep,
} from './settlement.contract.ts';
import type { SettlementDecisions } from './settlement-decisions.ts';
import { hearProvider } from './hear-provider.ts';
import { waitForBalance } from './wait-for-balance.ts';

// Nobody waits for an answer any more: local activities save a task each.
const { completeLeg, refuseLeg, nextStep } = wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);
const { markIntentUnknown, parkSettlement, resumeSettlement, reversePayout, writeOffPayout, alertFinance } =
  wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);
const { payOut } = wf.proxyActivities<GiftcardActivities>({
  ...PAYOUT,
  taskQueue: TASK_QUEUES.payouts,
  summary: 'the merchant, then the platform, at the payment provider',
});
const { sendTransfer, findTransfer } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'transfer at the payment provider',
});

export interface PaySettlement {
  readonly settlementId: string;
  readonly currency: string;
  /** What is next; its intent is in the database already. */
  readonly step: SettlementStep;
  readonly requestId: string;
  readonly onState: (state: SettlementState) => void;
}

interface Caused {
  readonly settlementId: string;
  readonly currency: string;
  readonly actor: string;
  readonly requestId: string;
}

type Outcome =
  | { readonly step: SettlementStep }
  | { readonly parked: string }
  /** The payout came back, and the workflow that heard of it first waits for finance. */
  | { readonly handedOver: true };

/**
 * Pays a settlement out: the merchant's leg, then the platform's. What the provider definitely refuses, and what nobody
 * can say, parks with a case number until finance decides; nothing with money in flight fails.
 */
export async function paySettlement(settlement: PaySettlement, decisions: SettlementDecisions): Promise<void> {
  const { settlementId, currency, requestId, onState } = settlement;
  const caused = { settlementId, currency, actor: `workflow:${wf.workflowInfo().workflowId}`, requestId };
  const tell = (state: SettlementState, details: string): void => {
    onState(state);
    wf.setCurrentDetails(details);
  };
  let waited = false;
  const show = (state: SettlementState, details: string): void => {
    waited = true;
    wf.upsertSearchAttributes(keywords({ State: state }));
    tell(state, details);
  };
  let step = settlement.step;
  const paying = `Settlement ${settlementId}: paying the merchant, then the platform`;
  tell(step.state, paying);
  while (step.state !== 'SETTLED') {
    if (step.haltId) {
      step = await outwaitHalt(step.haltId, caused);
      show(step.state, paying);
      continue;
    }
    const outcome = await attempt(step, caused);
    if ('handedOver' in outcome) return;
    if ('step' in outcome) {
      ({ step } = outcome);
      continue;
    }
    step = await waitForDecision(outcome.parked, caused, { decisions, show });
  }
  // What went its ordinary way has no state to be found by: it costs the server a write of its own for each.
  (waited ? show : tell)('SETTLED', `Settlement ${settlementId}: **SETTLED**`);
}

/** @returns what is next once payouts of the currency may begin again. */
async function outwaitHalt(halt: string, caused: Caused): Promise<SettlementStep> {
  let haltId = halt;
  for (let checks = 0; ; checks += 1) {
    await waitForHalt(`Settlement ${caused.settlementId}`, { haltId, currency: caused.currency }, checks);
    const step = await nextStep(caused);
    if (!step.haltId) return step;
    ({ haltId } = step);
  }
}

/** With money in flight nothing fails: a refusal that nobody foresaw parks as well. */
async function attempt(step: SettlementStep, caused: Caused): Promise<Outcome> {
  // Parked before this workflow was started anew: the case stands.
  if (step.state === 'NEEDS_ATTENTION') return { parked: step.reason ?? 'unknown' };
  try {
    return step.intent ? await pay(step, caused) : { step: await nextStep(caused) };
  } catch (error) {
    return { parked: refusalOf(error).type ?? 'internal_error' };
  }
}

async function pay(from: SettlementStep, caused: Caused): Promise<Outcome> {
  const { step, result } = await payOut({ ...caused, step: from });
  return result && step.intent ? bringToAnEnd(step.intent, result, caused) : { step };
}

/** What the provider did not say yes to at once: it is looked up until there is an end. */
async function bringToAnEnd(intent: LegIntent, first: PaymentResult, caused: Caused): Promise<Outcome> {
  const { intentId, amountMinor, currency, firstSentAt } = intent;
  const { requestId } = caused;
  const paid = await payIntent({
    intentId,
    first,
    firstSentAt,
    send: () => sendTransfer(transferOf(intent, requestId)),
    find: () => findTransfer({ intentId, requestId }),
    hint: hearProvider(),
  });
  switch (paid.kind) {
    case 'succeeded':
      return {
        step: await completeLeg({ ...caused, intentId, providerId: paid.providerId, payoutFeeMinor: paid.feeMinor }),
      };
    case 'reversed': {
      await completeLeg({ ...caused, intentId, providerId: paid.providerId, payoutFeeMinor: paid.feeMinor });
      const reversed = await reversePayout({ ...caused, intentId, workflowId: wf.workflowInfo().workflowId });
      const { mine, merchantId: _merchantId, cardId: _cardId, ...step } = reversed;
      return mine ? { step } : { handedOver: true };
    }
    case 'refused':
      await refuseLeg({ ...caused, intentId, failureCode: paid.code });
      if (paid.code === POOL_SHORT) await waitForBalance({ settlementId: caused.settlementId, currency, amountMinor });
      else if (paid.code !== NEVER_ARRIVED) return { parked: paid.code };
      return { step: await nextStep(caused) };
    case 'unresolved':
      await markIntentUnknown(intentId);
      return { parked: paid.cause };
  }
}

interface Surroundings {
  readonly decisions: SettlementDecisions;
  readonly show: (state: SettlementState, details: string) => void;
}

/** Parks in the row first, then where people look. */
async function waitForDecision(
  why: string,
  caused: Caused,
  { decisions, show }: Surroundings,
): Promise<SettlementStep> {
  const { settlementId } = caused;
  const { caseNumber } = await parkSettlement({ ...caused, reason: why });
  const waiting = `**NEEDS_ATTENTION**, case ${caseNumber}: settlement ${settlementId} ended with \`${why}\`. Waits for finance: ${Object.values(SETTLEMENT_DECISIONS).join(', ')}.`;
  show('NEEDS_ATTENTION', waiting);
  decisions.open(caseNumber);
  await alertFinance({ ...caused, caseNumber, reason: why });
  for (; ; decisions.open(caseNumber)) {
    const decision = await decisions.next();
    if (!(await carryOut(decision, caused))) continue;
    show('SETTLING', `Settlement ${settlementId}: ${decision.actor} decided (${decision.kind}): ${decision.reason}`);
    return nextStep(caused);
  }
}

/** @returns false when the row says no: the case stays open. */
async function carryOut(decision: SettlementDecision, { settlementId, currency }: Caused): Promise<boolean> {
  const { kind, caseNumber, reason, payoutAccount, actor, requestId } = decision;
  const decided = { settlementId, currency, caseNumber, reason, actor, requestId };
  try {
    if (kind === 'write_off') await writeOffPayout(decided);
    else await resumeSettlement({ ...decided, ...(kind === 'amend' ? { payoutAccount } : {}) });
    return true;
  } catch (error) {
    wf.log.info('decision not carried out', { kind, code: refusalOf(error).type });
    return false;
  }
}
