import { setTimeout as delay } from 'node:timers/promises';
import { heartbeat } from '@temporalio/activity';
import type { Database } from '../../db/connect.ts';
import { nextOfBulkRetry, recordBulkRetry, type BulkRetryPage } from '../../db/giftcard/bulk-retry.ts';
import { findSettlement } from '../../db/giftcard/queries.ts';
import { nameUuid } from '../../domain/ids.ts';
import { sha1 } from '../../runtime/crypto.ts';
import type { BulkRetryInput, BulkRetryProgress } from '../../workflows/giftcard/bulk-retry.contract.ts';
import { SETTLEMENT_DECISIONS, type SettlementDecision } from '../../workflows/giftcard/settlement.contract.ts';
import type { WorkflowOwners } from '../workflow-owners.ts';

const PAGE = 100;
/** Decisions that go out together: the provider is to be asked for no more at once. */
const AT_ONCE = 5;
/** A row is parked a moment before its workflow takes decisions: so long it is asked again. */
const READY_PATIENCE_MS = 10_000;
const READY_PAUSE_MS = 200;

export const bulkRetryActivities = (db: Database, owners: WorkflowOwners) => ({
  /** Hands the decision to the next parked settlements, each with the number of its case as it is now. */
  decideNextPage: async ({ bulkRetryId, requestId }: BulkRetryInput): Promise<BulkRetryProgress> => {
    const cause = { actor: `workflow:bulk-retry/${bulkRetryId}`, requestId };
    const page = await nextOfBulkRetry(db, { bulkRetryId, limit: PAGE }, cause);
    let progress: BulkRetryProgress = page;
    for (let first = 0; first < page.items.length && progress.state === 'RUNNING'; first += AT_ONCE) {
      const together = page.items.slice(first, first + AT_ONCE);
      const items = await Promise.all(together.map((item) => decide(db, owners, page, item, requestId)));
      progress = await recordBulkRetry(db, { bulkRetryId, items });
      heartbeat();
    }
    const { state, matched, accepted, refused } = progress;
    return { state, matched, accepted, refused };
  },
});

type Item = BulkRetryPage['items'][number];

async function decide(
  db: Database,
  owners: WorkflowOwners,
  { bulkRetryId, actor, reason }: BulkRetryPage,
  { settlementId, caseNumber, workflowId }: Item,
  requestId: string,
): Promise<{ settlementId: string; caseNumber: number; code: string | null }> {
  // The same in every attempt: a repeat is the same decision.
  const decisionId = nameUuid(sha1, 'bulk-retry', bulkRetryId, settlementId);
  const decision: SettlementDecision = { kind: 'retry', decisionId, caseNumber, actor, reason, requestId };
  const update = { workflowId, update: SETTLEMENT_DECISIONS.retry, updateId: decisionId, input: decision };
  for (const deadline = Date.now() + READY_PATIENCE_MS; ; await delay(READY_PAUSE_MS)) {
    const code = await owners.decide(update);
    const early =
      code === 'settlement_not_parked' && Date.now() < deadline && (await isOpen(db, settlementId, caseNumber));
    if (!early) return { settlementId, caseNumber, code };
  }
}

async function isOpen(db: Database, settlementId: string, caseNumber: number): Promise<boolean> {
  const settlement = await findSettlement(db, settlementId);
  return settlement?.state === 'NEEDS_ATTENTION' && settlement.case_number === caseNumber;
}
