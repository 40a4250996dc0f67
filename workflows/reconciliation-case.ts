import * as wf from '@temporalio/workflow';
import { DATABASE_ACTIVITY, DATABASE_STEP } from '../temporal-config/activity-profiles.ts';
import { keywords } from '../temporal-config/search-attributes.ts';
import { refusalOf } from './answer.ts';
import {
  CASE_READ_ANEW,
  RECONCILIATION_CASE_STATUS,
  RECONCILIATION_DECISIONS,
  type ReconciliationActivities,
  type ReconciliationCaseInput,
  type ReconciliationCaseView,
  type ReconciliationDecision,
} from './platform/reconciliation.contract.ts';

const { decideReconciliationCase } = wf.proxyLocalActivities<ReconciliationActivities>(DATABASE_STEP);
/** It waits for the answer of another workflow. */
const { adoptProviderTruth } = wf.proxyActivities<ReconciliationActivities>({
  ...DATABASE_ACTIVITY,
  startToCloseTimeout: '15s',
});
const { alertReconciliationCase, readReconciliationCase, reconciliationCaseAgrees } =
  wf.proxyActivities<ReconciliationActivities>(DATABASE_ACTIVITY);

/** How often a case looks by itself whether it is one still. */
const LOOK_AGAIN_MS = 24 * 3_600_000;
/** Waits until the intent says what the provider says, once its owner was told to ask; then a person is needed again. */
const ADOPTION_WAITS_MS = [500, 1_000, 2_000, 5_000, 15_000, 60_000, 300_000] as const;

/**
 * A difference between the provider's file and our book, until somebody has resolved it. What is decided is in the row
 * before it is answered; the workflow reminds, and sees an adoption through.
 */
export async function reconciliationCase(input: ReconciliationCaseInput): Promise<void> {
  let view: ReconciliationCaseView | undefined;
  let adoption: ReconciliationDecision | undefined;
  let isReadAnew = false;
  wf.setHandler(wf.defineSignal(CASE_READ_ANEW), () => {
    isReadAnew = true;
  });
  wf.setHandler(wf.defineQuery<ReconciliationCaseView | undefined>(RECONCILIATION_CASE_STATUS), () => view);
  const decide = async (decision: ReconciliationDecision): Promise<ReconciliationCaseView> => {
    try {
      if (decision.kind !== 'adopt') view = await decideReconciliationCase({ ...decision, caseId: input.caseId });
      else {
        await adoptProviderTruth({ ...decision, caseId: input.caseId });
        adoption = decision;
        view = await readReconciliationCase(input);
      }
    } catch (error) {
      throw refusalOf(error);
    }
    return view;
  };
  for (const name of Object.values(RECONCILIATION_DECISIONS))
    wf.setHandler(wf.defineUpdate<ReconciliationCaseView, [ReconciliationDecision]>(name), decide);

  view = await readReconciliationCase(input);
  for (let alerted = 0; view.state === 'OPEN';) {
    // Once for each number of the case: a difference that has changed is told anew.
    if (view.caseNumber > alerted) await alertReconciliationCase({ ...view, requestId: input.requestId });
    alerted = view.caseNumber;
    show(view);
    const isDue = () => adoption !== undefined || isReadAnew || view?.state === 'RESOLVED';
    await wf.condition(isDue, LOOK_AGAIN_MS, { summary: 'until somebody decides, or the file is read anew' });
    isReadAnew = false;
    if (adoption) await seeThrough(adoption, input);
    adoption = undefined;
    view = await readReconciliationCase(input);
  }
  show(view);
  await wf.condition(wf.allHandlersFinished);
}

async function seeThrough(adoption: ReconciliationDecision, input: ReconciliationCaseInput): Promise<void> {
  for (const waitMs of ADOPTION_WAITS_MS) {
    if (await reconciliationCaseAgrees(input)) {
      try {
        await decideReconciliationCase({ ...adoption, caseId: input.caseId });
      } catch (error) {
        // Somebody has ended it in another way meanwhile.
        wf.log.info('adoption is not noted', { code: refusalOf(error).type });
      }
      return;
    }
    await wf.sleep(waitMs, { summary: 'until our intent says what the provider says' });
  }
}

function show(view: ReconciliationCaseView): void {
  const { caseId, kind, caseNumber, differenceMinor, currency, state, resolution, subjectType, subjectId } = view;
  const of = subjectType === null ? '' : ` of ${subjectType} ${subjectId}`;
  const waits =
    state === 'OPEN'
      ? `, case ${caseNumber}: waits for finance: ${Object.values(RECONCILIATION_DECISIONS).join(', ')}`
      : '';
  wf.setCurrentDetails(
    `Case ${caseId}${of}: ${kind}, ${differenceMinor} ${currency}: **${resolution ?? state}**${waits}`,
  );
  if (!wf.patched('case-is-found')) return;
  const settlement = subjectType === 'settlement' && subjectId !== null ? { SettlementId: subjectId } : {};
  wf.upsertSearchAttributes(keywords({ State: state, ...settlement }));
}
