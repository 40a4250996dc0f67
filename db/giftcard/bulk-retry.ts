import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { untouchedRows, type UntouchedRow } from '../untouched-rows.ts';

/** Which parked settlements; absent: all of them. */
export interface BulkRetryFilter {
  readonly matchReason?: string | undefined;
  readonly merchantId?: string | undefined;
  readonly currency?: string | undefined;
  /** Parked for as long at least. */
  readonly minAgeMs?: number | undefined;
}

export interface BulkRetryCount {
  readonly matched: number;
  readonly byReason: readonly {
    readonly reason: string;
    readonly currency: string;
    readonly count: number;
    readonly amountMinor: string;
  }[];
}

export interface BulkRetry {
  readonly bulkRetryId: string;
  readonly state: 'RUNNING' | 'DONE' | 'CANCELLED';
  /** When it began. */
  readonly matched: number;
  readonly matchedMinor: string;
  readonly accepted: number;
  readonly refused: number;
  readonly filter: Readonly<Record<string, string>>;
  readonly reason: string;
  readonly requestedBy: string;
  readonly createdAt: string;
}

export interface BulkRetryPage extends BulkRetry {
  /** Whose decision it is. */
  readonly actor: string;
  readonly items: readonly {
    readonly settlementId: string;
    readonly caseNumber: number;
    readonly workflowId: string;
  }[];
}

/** Changes nothing. */
export const countBulkRetry = (db: Db, filter: BulkRetryFilter): Promise<BulkRetryCount> =>
  callCommand<BulkRetryCount>(db, 'count_bulk_retry', { ...filter });

export const beginBulkRetry = (
  db: Db,
  input: BulkRetryFilter & { bulkRetryId: string; reason: string },
  cause: Cause,
): Promise<BulkRetry> => callCommand<BulkRetry>(db, 'begin_bulk_retry', { ...input, ...cause });

/** The next settlements to decide on; none when it is done or cancelled. */
export const nextOfBulkRetry = (
  db: Db,
  input: { bulkRetryId: string; limit: number },
  cause: Cause,
): Promise<BulkRetryPage> => callCommand<BulkRetryPage>(db, 'next_of_bulk_retry', { ...input, ...cause });

/** Without a code it was accepted. */
export const recordBulkRetry = (
  db: Db,
  input: {
    bulkRetryId: string;
    items: readonly { settlementId: string; caseNumber: number; code: string | null }[];
  },
): Promise<BulkRetry> => callCommand<BulkRetry>(db, 'record_bulk_retry', { ...input });

/** @throws DomainError bulk_retry_not_found, bulk_retry_done. */
export const cancelBulkRetry = (db: Db, input: { bulkRetryId: string }, cause: Cause): Promise<BulkRetry> =>
  callCommand<BulkRetry>(db, 'cancel_bulk_retry', { ...input, ...cause });

const ANSWER = 'bulk_retry_answer(bulk_retries) as answer';

export async function findBulkRetry(db: Db, id: string): Promise<BulkRetry | undefined> {
  const row = await db('bulk_retries').where({ id }).first<{ answer: BulkRetry } | undefined>(db.raw(ANSWER));
  return row?.answer;
}

/** Newest first. */
export async function listBulkRetries(db: Db, page: Page): Promise<BulkRetry[]> {
  const query = db('bulk_retries').select<{ answer: BulkRetry }[]>(db.raw(ANSWER));
  newestFirst(query, 'bulk_retries', page);
  return (await query).map(({ answer }) => answer);
}

export interface BulkRetryItem {
  readonly settlementId: string;
  readonly caseNumber: number;
  readonly outcome: 'ACCEPTED' | 'REFUSED';
  readonly code: string | null;
  readonly decidedAt: Date;
}

/** In the order of settlements' ids; one more than the limit where there is another page. */
export function listBulkRetryItems(
  db: Db,
  { bulkRetryId, after, limit }: Page & { bulkRetryId: string },
): Promise<BulkRetryItem[]> {
  const query = db('bulk_retry_items')
    .where({ bulk_retry_id: bulkRetryId })
    .orderBy('settlement_id')
    .limit(limit + 1);
  if (after !== undefined) void query.where('settlement_id', '>', after);
  return query.select<BulkRetryItem[]>({
    settlementId: 'settlement_id',
    caseNumber: 'case_number',
    outcome: 'outcome',
    code: 'code',
    decidedAt: 'decided_at',
  });
}

export const untouchedBulkRetries = untouchedRows<UntouchedRow>({
  from: 'bulk_retries t',
  aggregate: 'bulk_retry',
  columns: 't.state',
  open: "t.state = 'RUNNING'",
});
