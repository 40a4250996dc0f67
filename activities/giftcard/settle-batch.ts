import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import {
  carriedCurrencies,
  dueMerchants,
  formBatch,
  formPlatformBatch,
  MAX_BATCH_LINES,
  settleEscrows,
  type DueMerchant,
} from '../../db/giftcard/settle-batch.ts';
import {
  settleBatchId,
  type DueBatch,
  type SettleBatchInput,
  type SettlementRunInput,
  type SettlementStep,
} from '../../workflows/giftcard/settlement.contract.ts';
import type { PayoutRulesOf } from '../../runtime/payout-rules.ts';

const PAGE = 500;

export const settleBatchActivities = (db: Database, payoutRulesOf: PayoutRulesOf) => ({
  /** Claims the lines and writes the first intent; null when nothing is to be paid now. */
  formBatch: (input: SettleBatchInput): Promise<SettlementStep | null> => {
    const workflowId = settleBatchId(input);
    const form = { ...input, workflowId, ...payoutRulesOf(input.currency) };
    const cause = { actor: `workflow:${workflowId}`, requestId: input.requestId };
    const { merchantId } = input;
    return merchantId === null ? formPlatformBatch(db, form, cause) : formBatch(db, { ...form, merchantId }, cause);
  },

  /** After the last leg: nothing waits for it. */
  settleEscrows: (settlementId: string): Promise<void> => settleEscrows(db, settlementId, heartbeat),

  /** Every batch that this run is to pay. */
  listDueBatches: async ({ cadence }: SettlementRunInput): Promise<DueBatch[]> => {
    const due: DueBatch[] = [];
    for (let after: DueMerchant | undefined; ;) {
      const page = await dueMerchants(db, { cadence, after, limit: PAGE });
      for (const { merchantId, currency, lines } of page) {
        const parts = Math.ceil(lines / MAX_BATCH_LINES);
        due.push(...Array.from({ length: parts }, (_, part) => ({ merchantId, currency, part })));
      }
      after = page.at(-1);
      if (page.length < PAGE) break;
    }
    const carried = cadence === 'daily' ? await carriedCurrencies(db) : [];
    return [...due, ...carried.map((currency) => ({ merchantId: null, currency, part: 0 }))];
  },
});
