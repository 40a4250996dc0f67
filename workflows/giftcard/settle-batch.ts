import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import * as wf from '@temporalio/workflow';
import type { GiftcardActivities } from '../../activities/giftcard/index.ts';
import { BATCH_ACTIVITY, LONG_TRANSACTION } from '../../temporal-config/activity-profiles.ts';
import { keywords } from '../../temporal-config/search-attributes.ts';
import {
  SETTLE_BATCH,
  settleBatchId,
  SETTLEMENT_STATUS,
  type SettleBatchInput,
  type SettlementRunInput,
  type SettlementState,
} from './settlement.contract.ts';
import { paySettlement } from './pay-settlement.ts';
import { SettlementDecisions } from './settlement-decisions.ts';

const { formBatch } = wf.proxyActivities<GiftcardActivities>(LONG_TRANSACTION);
const { listDueBatches, settleEscrows } = wf.proxyActivities<GiftcardActivities>(BATCH_ACTIVITY);

/** Starts that go out together. */
const STARTS_AT_ONCE = 20;

/** Pays what is open for a merchant in one settlement, or carried shares of the platform: two transfers, however many redemptions. */
export async function settleBatch(input: SettleBatchInput): Promise<void> {
  const decisions = new SettlementDecisions();
  let state: SettlementState | 'NOTHING_DUE' = 'SETTLING';
  wf.setHandler(wf.defineQuery(SETTLEMENT_STATUS), () => state);
  const step = await formBatch(input);
  if (step === null) {
    state = 'NOTHING_DUE';
    wf.setCurrentDetails('Nothing is to be paid now: what is open waits for the next window');
    return;
  }
  wf.upsertSearchAttributes(keywords({ SettlementId: step.settlementId }));
  const { currency, requestId } = input;
  await paySettlement(
    {
      settlementId: step.settlementId,
      currency,
      step,
      requestId,
      onState: (next) => {
        state = next;
      },
    },
    decisions,
  );
  await settleEscrows(step.settlementId);
  await wf.condition(wf.allHandlersFinished);
}

/** A sweep: starts a settlement for every merchant to whom something is due. */
export async function runSettlements(input: SettlementRunInput): Promise<number> {
  const { workflowId } = wf.workflowInfo();
  const window = input.window ?? windowOf(input.cadence, new Date());
  const due = await listDueBatches(input);
  for (let first = 0; first < due.length; first += STARTS_AT_ONCE) {
    const together = due.slice(first, first + STARTS_AT_ONCE);
    await Promise.all(together.map((batch) => startBatch({ ...batch, window, requestId: workflowId })));
  }
  wf.setCurrentDetails(`Window ${window}: ${due.length} settlements started`);
  return due.length;
}

async function startBatch(input: SettleBatchInput): Promise<void> {
  const { merchantId, currency, requestId } = input;
  try {
    await wf.startChild(SETTLE_BATCH, {
      workflowId: settleBatchId(input),
      args: [input],
      parentClosePolicy: 'ABANDON',
      staticSummary: `Settle ${currency} of ${merchantId ?? 'the platform'}, window ${input.window}`,
      memo: { requestId },
      typedSearchAttributes: keywords({
        RequestId: requestId,
        ...(merchantId === null ? {} : { MerchantId: merchantId }),
      }),
    });
  } catch (error) {
    // Another run of the same window has started it.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

const HOUR = 'YYYY-MM-DDTHH'.length;
const DAY = 'YYYY-MM-DD'.length;

const windowOf = (cadence: SettlementRunInput['cadence'], at: Date): string =>
  at.toISOString().slice(0, cadence === 'hourly' ? HOUR : DAY);
