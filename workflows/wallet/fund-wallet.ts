import * as wf from '@temporalio/workflow';
import type { WalletActivities } from '../../activities/wallet/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP, PROVIDER_CALL } from '../../temporal-config/activity-profiles.ts';
import { Answer, refusalOf } from '../answer.ts';
import { payIntent, type PaidIntent } from '../pay-intent.ts';
import { PAYMENTS_TASK_QUEUE, type PaymentsActivities } from '../payments/contract.ts';
import {
  AWAIT_FUNDED,
  FUNDING_STATUS,
  PROVIDER_CONFIRMED,
  type FundingView,
  type FundWalletInput,
} from './contract.ts';

const { beginFunding } = wf.proxyLocalActivities<WalletActivities>(DATABASE_STEP);
const { completeFunding, failFunding, parkFunding } = wf.proxyActivities<WalletActivities>(DATABASE_ACTIVITY);
const { sendCharge, findCharge } = wf.proxyActivities<PaymentsActivities>({
  ...PROVIDER_CALL,
  taskQueue: PAYMENTS_TASK_QUEUE,
  summary: 'charge at the payment provider',
});

/** How often a parked funding asks again by itself, besides the provider's webhooks. */
const PARKED_LOOK_UP_MS = 24 * 3_600_000;

/**
 * Charges the host and credits the wallet when the charge is final and its fee is known. While nobody can say what
 * became of the charge the funding is parked, listed for finance, and looked up again; it is never credited on a guess.
 */
export async function fundWallet(input: FundWalletInput): Promise<FundingView | undefined> {
  const answer = new Answer<FundingView>();
  let view: FundingView | undefined;
  let hinted = false;
  wf.setHandler(wf.defineQuery<FundingView | undefined>(FUNDING_STATUS), () => view);
  wf.setHandler(wf.defineSignal(PROVIDER_CONFIRMED), () => {
    hinted = true;
  });
  wf.setHandler(wf.defineUpdate<FundingView>(AWAIT_FUNDED), () => answer.wait());
  const hint = async (timeoutMs: number): Promise<void> => {
    await wf.condition(() => hinted, timeoutMs);
    hinted = false;
  };

  try {
    const begun = await beginFunding(input);
    view = begun;
    while (view.state === 'PENDING' || view.state === 'NEEDS_ATTENTION') {
      if (view.state === 'NEEDS_ATTENTION') await hint(PARKED_LOOK_UP_MS);
      view = await book(input, await charge(input, begun.firstSentAt, hint));
      wf.setCurrentDetails(`Funding ${input.fundingId}: **${view.state}** ${view.failureCode ?? ''}`);
      if (view.state === 'NEEDS_ATTENTION') answer.give(view);
    }
    if (view.state === 'FAILED') answer.refuse(declined(view));
    answer.give(view);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  await wf.condition(wf.allHandlersFinished);
  return view;
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
