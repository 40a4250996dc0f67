import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { DATABASE_ACTIVITY, DATABASE_STEP } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import { Answer, refusalOf } from '../answer.ts';
import {
  AWAIT_CONFIRMATION,
  REDEMPTION_STATUS,
  RETRY_SETTLEMENT,
  type RedeemGiftCardInput,
  type RedemptionView,
  type RetrySettlementInput,
} from './contract.ts';
import { payLeg, type LegOutcome, type LegRef } from './pay-leg.ts';

const { redeemGiftCard: confirm } = wf.proxyLocalActivities<GiftcardActivities>(DATABASE_STEP);
const { completeSettlement, parkSettlement, resumeSettlement, alertFinance } =
  wf.proxyActivities<GiftcardActivities>(DATABASE_ACTIVITY);

/**
 * Confirms a redemption in one transaction, answers, and settles: the merchant's leg, then the platform's. What the
 * provider definitely refuses parks with a case number until finance decides; nothing with money in flight fails.
 */
export async function redeemGiftCard(input: RedeemGiftCardInput): Promise<void> {
  const answer = new Answer<RedemptionView>();
  const decisions: RetrySettlementInput[] = [];
  let view: RedemptionView | undefined;
  let openCase: number | undefined;
  const retry = wf.defineUpdate<{ accepted: true }, [RetrySettlementInput]>(RETRY_SETTLEMENT);
  wf.setHandler(wf.defineQuery<RedemptionView | undefined>(REDEMPTION_STATUS), () => view);
  wf.setHandler(wf.defineUpdate<RedemptionView>(AWAIT_CONFIRMATION), () => answer.wait());
  wf.setHandler(
    retry,
    (decision) => {
      decisions.push(decision);
      // One decision ends the case: whoever decides at the same moment is told so.
      openCase = undefined;
      return { accepted: true };
    },
    { validator: (decision) => requireOpenCase(decision, openCase) },
  );

  try {
    view = await confirm(input);
    answer.give(view);
  } catch (error) {
    answer.refuse(refusalOf(error));
  }
  if (view) {
    const { settlementId } = view;
    const caused = { actor: `workflow:${wf.workflowInfo().workflowId}`, requestId: input.requestId };
    const show = (state: RedemptionView['state'], details: string): void => {
      if (view) view = { ...view, state };
      wf.upsertSearchAttributes(keywords({ State: state, SettlementId: settlementId }));
      wf.setCurrentDetails(details);
    };
    show('SETTLING', `Settlement ${settlementId}: paying the merchant, then the platform`);
    for (const leg of ['merchant', 'platform'] as const) {
      for (;;) {
        const paid = await attemptLeg({ settlementId, leg, ...caused });
        if (paid.kind === 'done') break;
        openCase = await parkSettlement({ settlementId, reason: paid.reason, ...caused });
        const waiting = `**NEEDS_ATTENTION**, case ${openCase}: the ${leg} leg of settlement ${settlementId} ended with \`${paid.reason}\`. Waits for finance: \`${RETRY_SETTLEMENT}\`.`;
        show('NEEDS_ATTENTION', waiting);
        await alertFinance({ settlementId, caseNumber: openCase, reason: paid.reason, ...caused });
        const { actor, requestId, reason, caseNumber } = await nextDecision(decisions);
        await resumeSettlement({ settlementId, caseNumber, reason, actor, requestId });
        show('SETTLING', `Settlement ${settlementId}: ${actor} decided to try again: ${reason}`);
      }
    }
    await completeSettlement({ settlementId, ...caused });
    show('SETTLED', `Settlement ${settlementId}: **SETTLED**`);
  }
  await wf.condition(wf.allHandlersFinished);
}

/** With money in flight nothing fails: a refusal that nobody foresaw parks as well. */
async function attemptLeg(ref: LegRef): Promise<LegOutcome> {
  try {
    return await payLeg(ref);
  } catch (error) {
    return { kind: 'parked', reason: refusalOf(error).type ?? 'internal_error' };
  }
}

async function nextDecision(decisions: RetrySettlementInput[]): Promise<RetrySettlementInput> {
  await wf.condition(() => decisions.length > 0);
  const [decision] = decisions.splice(0);
  if (!decision) throw new Error('A decision has vanished');
  return decision;
}

/** Runs before the update is accepted: what was decided on another case is refused, and leaves no trace. */
function requireOpenCase({ caseNumber }: RetrySettlementInput, openCase: number | undefined): void {
  if (openCase === undefined) {
    throw wf.ApplicationFailure.nonRetryable('The settlement does not wait for a decision.', 'settlement_not_parked');
  }
  if (caseNumber !== openCase) {
    throw wf.ApplicationFailure.nonRetryable('The case has changed since you looked.', 'case_changed', {
      caseNumber: openCase,
    });
  }
}
