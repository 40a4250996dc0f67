import * as wf from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Answer, refusalOf } from '../answer.ts';
import { CaseDecisions } from '../case-decisions.ts';
import { lookUpParked, lookUpUntilKnown, NEVER_ARRIVED, payIntent, type PaidIntent } from '../pay-intent.ts';
import { waitForHalt } from '../wait-for-halt.ts';
import { PAYMENTS_TASK_QUEUE, POOL_SHORT, PROVIDER_CONFIRMED, type PaymentsActivities } from '../payments/contract.ts';
import {
  AWAIT_WITHDRAWAL,
  DECIDE_WITHDRAWAL,
  WITHDRAWAL_STATUS,
  type ReturnWithdrawalInput,
  type WithdrawalDecision,
  type WithdrawalIntent,
  type WithdrawalStep,
  type WithdrawalView,
  type WithdrawWalletInput,
} from './contract.ts';

const { beginWithdrawal } = wf.proxyLocalActivities<WalletActivities>(DATABASE_STEP);
const activities = wf.proxyActivities<WalletActivities>(DATABASE_ACTIVITY);
const { sendTransfer, findTransfer, poolCovers } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'payout at the payment provider',
});

/** Waits until the pool has balance again; the last one is repeated. */
const BALANCE_WAITS_MS = [1_000, 5_000, 15_000, 60_000, 300_000, 900_000] as const;
const LONGEST_WAIT_MS = 3_600_000;
/** How often a parked withdrawal asks the provider by itself. */
const PARKED_LOOK_UP_MS = 24 * 3_600_000;

interface Caused {
  readonly withdrawalId: string;
  readonly actor: string;
  readonly requestId: string;
}

/** What reaches the workflow from outside while it runs. */
interface Told {
  /** The provider has said something about a payout. */
  hinted: boolean;
  readonly decisions: CaseDecisions<WithdrawalDecision>;
}

/**
 * Pays money of a wallet out to its host. A short pool is waited for; what the provider definitely refuses gives the
 * money back; what nobody can say parks with a case number until the provider knows or finance decides.
 */
export async function withdrawWallet(input: WithdrawWalletInput): Promise<void> {
  const answer = new Answer<WithdrawalView>();
  const told: Told = {
    hinted: false,
    decisions: new CaseDecisions([DECIDE_WITHDRAWAL], {
      code: 'case_not_open',
      message: 'The withdrawal does not wait for a decision.',
    }),
  };
  let step: WithdrawalStep | undefined;
  wf.setHandler(wf.defineQuery<WithdrawalView | undefined>(WITHDRAWAL_STATUS), () => step);
  wf.setHandler(wf.defineUpdate<WithdrawalView>(AWAIT_WITHDRAWAL), () => answer.wait());
  wf.setHandler(wf.defineSignal(PROVIDER_CONFIRMED), () => {
    told.hinted = true;
  });
  try {
    step = await beginWithdrawal(input);
    const { intent: _intent, parkedIntent: _parkedIntent, haltId: _haltId, ...view } = step;
    answer.give(view);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  const { withdrawalId, requestId } = input;
  const caused = { withdrawalId, actor: `workflow:${wf.workflowInfo().workflowId}`, requestId };
  for (let [waits, checks] = [0, 0]; step && isOpen(step);) {
    show(step);
    if (step.haltId) {
      await waitForHalt(`Withdrawal ${withdrawalId}`, { haltId: step.haltId, currency: step.currency }, checks++);
      step = await activities.nextWithdrawalStep(caused);
    } else if (step.intent) step = await pay(step.intent, caused, told);
    else if (step.state === 'NEEDS_ATTENTION') step = await waitForDecision(step, caused, told);
    else step = await waitForBalance(step, caused, waits++);
  }
  if (step) show(step);
  await wf.condition(wf.allHandlersFinished);
}

const isOpen = ({ state }: WithdrawalStep): boolean =>
  state === 'PAYING' || state === 'WAITING_FOR_BALANCE' || state === 'NEEDS_ATTENTION';

function show({ withdrawalId, state, failureCode, caseNumber, paidMinor, currency }: WithdrawalStep): void {
  wf.upsertSearchAttributes(keywords({ State: state }));
  const waits = state === 'NEEDS_ATTENTION' ? `, case ${caseNumber}: waits for finance: \`${DECIDE_WITHDRAWAL}\`` : '';
  wf.setCurrentDetails(
    `Withdrawal ${withdrawalId} of ${paidMinor} ${currency}: **${state}** ${failureCode ?? ''}${waits}`,
  );
}

async function pay(
  { intentId, amountMinor, currency, destinationAccount, firstSentAt }: WithdrawalIntent,
  caused: Caused,
  told: Told,
): Promise<WithdrawalStep> {
  const { requestId } = caused;
  const paid = await payIntent({
    intentId,
    firstSentAt,
    send: () => sendTransfer({ intentId, amountMinor, currency, destinationAccount, firstSentAt, requestId }),
    find: () => findTransfer({ intentId, requestId }),
    hint: async (timeoutMs) => {
      await wf.condition(() => told.hinted, timeoutMs);
      told.hinted = false;
    },
  });
  if (paid.kind === 'unresolved') return activities.parkWithdrawal({ ...caused, reason: paid.cause });
  return bookEnd(intentId, paid, caused);
}

/** The provider has said how it ended. */
async function bookEnd(
  intentId: string,
  paid: Exclude<PaidIntent, { kind: 'unresolved' }>,
  caused: Caused,
): Promise<WithdrawalStep> {
  const complete = (providerId: string, payoutFeeMinor: string): Promise<WithdrawalStep> =>
    activities.completeWithdrawal({ ...caused, intentId, providerId, payoutFeeMinor });
  switch (paid.kind) {
    case 'succeeded':
      return complete(paid.providerId, paid.feeMinor);
    case 'reversed':
      await complete(paid.providerId, paid.feeMinor);
      return activities.returnWithdrawal(caused);
    case 'refused':
      return activities.refuseWithdrawal({
        ...caused,
        intentId,
        failureCode: paid.code,
        // What never arrived is tried again as well, under a new intent.
        balanceShort: paid.code === POOL_SHORT || paid.code === NEVER_ARRIVED,
      });
  }
}

/** The pool is short: nobody has to decide anything. @returns the withdrawal with a new intent once the pool covers it. */
async function waitForBalance(step: WithdrawalStep, caused: Caused, waits: number): Promise<WithdrawalStep> {
  const { paidMinor, currency } = step;
  const delay = BALANCE_WAITS_MS[waits] ?? LONGEST_WAIT_MS;
  await wf.sleep(delay, { summary: `until the pooled account covers ${paidMinor} ${currency}` });
  if (!(await poolCovers({ currency, amountMinor: paidMinor }))) return step;
  return activities.nextWithdrawalStep(caused);
}

/** Until finance decides; the provider is asked again whenever it says something, and every day. */
async function waitForDecision(step: WithdrawalStep, caused: Caused, told: Told): Promise<WithdrawalStep> {
  const { caseNumber, withdrawalId, parkedIntent } = step;
  told.decisions.open(caseNumber);
  await activities.alertWithdrawal({ ...caused, caseNumber, reason: step.failureCode ?? 'unknown' });
  for (;;) {
    const decision = await told.decisions.nextOr(() => told.hinted, PARKED_LOOK_UP_MS);
    told.hinted = false;
    // Before look-ups left the case as it is, they were decisions of the workflow's own.
    if (!decision && parkedIntent && wf.patched('parked-look-ups-leave-the-case')) {
      const ended = await lookAgain(parkedIntent, caused);
      if (ended) return ended;
      told.decisions.open(caseNumber);
      continue;
    }
    const { kind, reason, actor, requestId } = decision ?? { ...caused, kind: 'retry' as const, reason: 'asked again' };
    try {
      return await activities.decideWithdrawal({ withdrawalId, kind, reason, caseNumber, actor, requestId });
    } catch (error) {
      // Decided on what is no longer so: the withdrawal stays where it is.
      wf.log.info('withdrawal is not decided', { code: refusalOf(error).type });
      return step;
    }
  }
}

/** @returns undefined while there is no news: the case stays the one that people are looking at. */
async function lookAgain(
  { intentId, firstSentAt }: WithdrawalIntent,
  caused: Caused,
): Promise<WithdrawalStep | undefined> {
  const { requestId } = caused;
  const paid = await lookUpParked({ intentId, firstSentAt, find: () => findTransfer({ intentId, requestId }) });
  return paid.kind === 'unresolved' ? undefined : bookEnd(intentId, paid, caused);
}

/** A payout came back, says the provider; it is asked, and only what it confirms is booked. */
export async function returnWithdrawal({ withdrawalId, intentId, requestId }: ReturnWithdrawalInput): Promise<void> {
  const found = await lookUpUntilKnown(() => findTransfer({ intentId, requestId }));
  wf.setCurrentDetails(`The provider says of withdrawal ${withdrawalId}: **${found.kind}**`);
  const actor = `workflow:${wf.workflowInfo().workflowId}`;
  if (found.kind === 'reversed') await activities.returnWithdrawal({ withdrawalId, actor, requestId });
}
