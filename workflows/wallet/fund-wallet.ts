import * as wf from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Answer, refusalOf } from '../answer.ts';
import { CaseDecisions } from '../case-decisions.ts';
import { payIntent, type PaidIntent } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, PROVIDER_CONFIRMED, type PaymentsActivities } from '../payments/contract.ts';
import {
  AWAIT_FUNDED,
  FUNDING_STATUS,
  RETRY_FUNDING,
  type FundingDecision,
  type FundingView,
  type FundWalletInput,
} from './contract.ts';

const { beginFunding } = wf.proxyLocalActivities<WalletActivities>(DATABASE_STEP);
const { completeFunding, failFunding, parkFunding, decideFunding, alertFunding } =
  wf.proxyActivities<WalletActivities>(DATABASE_ACTIVITY);
const { sendCharge, findCharge } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'charge at the payment provider',
});

/** How often a parked funding asks again by itself, besides the provider's webhooks. */
const PARKED_LOOK_UP_MS = 24 * 3_600_000;

/** What reaches the workflow from outside while it runs. */
interface Told {
  /** The provider has said something about the charge. */
  hinted: boolean;
  readonly decisions: CaseDecisions<FundingDecision>;
}

/**
 * Charges the host and credits the wallet when the charge is final and its fee is known. While nobody can say what
 * became of the charge the funding is parked, listed for finance, and looked up again; it is never credited on a guess.
 */
export async function fundWallet(input: FundWalletInput): Promise<FundingView | undefined> {
  const answer = new Answer<FundingView>();
  let view: FundingView | undefined;
  const told: Told = {
    hinted: false,
    decisions: new CaseDecisions([RETRY_FUNDING], {
      code: 'case_not_open',
      message: 'The funding does not wait for a decision.',
    }),
  };
  wf.setHandler(wf.defineQuery<FundingView | undefined>(FUNDING_STATUS), () => view);
  wf.setHandler(wf.defineSignal(PROVIDER_CONFIRMED), () => {
    told.hinted = true;
  });
  wf.setHandler(wf.defineUpdate<FundingView>(AWAIT_FUNDED), () => answer.wait());
  const hint = async (timeoutMs: number): Promise<void> => {
    await wf.condition(() => told.hinted, timeoutMs);
    told.hinted = false;
  };

  try {
    const begun = await beginFunding(input);
    view = begun;
    while (view.state === 'PENDING' || view.state === 'NEEDS_ATTENTION') {
      if (view.state === 'NEEDS_ATTENTION') {
        answer.give(view);
        await waitForMore(view, input, told);
      }
      view = await book(input, await charge(input, begun.firstSentAt, hint));
      show(view);
    }
    if (view.state === 'FAILED') answer.refuse(declined(view));
    answer.give(view);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  await wf.condition(wf.allHandlersFinished);
  return view;
}

function show({ fundingId, state, amountMinor, currency, failureCode, caseNumber }: FundingView): void {
  const waits =
    state === 'NEEDS_ATTENTION'
      ? `, case ${caseNumber}: waits for a word of the provider, asked daily, or of finance: \`${RETRY_FUNDING}\``
      : '';
  wf.setCurrentDetails(`Funding ${fundingId} of ${amountMinor} ${currency}: **${state}** ${failureCode ?? ''}${waits}`);
  // What went its ordinary way has no state to be found by.
  if (caseNumber > 0 && wf.patched('parked-funding-is-found')) wf.upsertSearchAttributes(keywords({ State: state }));
}

/** Until the provider says something, finance wants it asked, or a day has passed. */
async function waitForMore(view: FundingView, { fundingId, requestId }: FundWalletInput, told: Told): Promise<void> {
  const { caseNumber } = view;
  told.decisions.open(caseNumber);
  if (wf.patched('parked-funding-is-found')) {
    const actor = `workflow:${wf.workflowInfo().workflowId}`;
    await alertFunding({ fundingId, caseNumber, reason: view.failureCode ?? 'unknown', actor, requestId });
  }
  const decision = await told.decisions.nextOr(() => told.hinted, PARKED_LOOK_UP_MS);
  told.hinted = false;
  if (!decision) return;
  try {
    const { reason: decisionReason, ...decided } = decision;
    await decideFunding({ ...decided, fundingId, decisionReason });
  } catch (error) {
    // Decided on what is no longer so: it is looked up nevertheless.
    wf.log.info('decision is not noted', { code: refusalOf(error).type });
  }
}

const charge = (
  input: FundWalletInput,
  firstSentAt: string,
  hint: (timeoutMs: number) => Promise<void>,
): Promise<PaidIntent> =>
  payIntent({
    intentId: input.fundingId,
    firstSentAt,
    send: () => sendCharge({ ...input, intentId: input.fundingId, firstSentAt }),
    find: () => findCharge({ intentId: input.fundingId, requestId: input.requestId }),
    hint,
  });

function book({ fundingId, actor, requestId }: FundWalletInput, paid: PaidIntent): Promise<FundingView> {
  const ref = { fundingId, actor, requestId };
  switch (paid.kind) {
    case 'succeeded':
      return completeFunding({ ...ref, providerId: paid.providerId, feeMinor: paid.feeMinor });
    case 'refused':
      return failFunding({ ...ref, failureCode: paid.code });
    case 'reversed':
      return failFunding({ ...ref, failureCode: 'reversed' });
    case 'unresolved':
      return parkFunding({ ...ref, reason: paid.cause });
  }
}

const declined = ({ fundingId, failureCode }: FundingView): wf.ApplicationFailure =>
  wf.ApplicationFailure.nonRetryable('The payment provider refused the charge.', 'funding_declined', {
    fundingId,
    reason: failureCode,
  });
