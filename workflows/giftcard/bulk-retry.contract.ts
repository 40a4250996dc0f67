export interface BulkRetryInput {
  readonly bulkRetryId: string;
  readonly requestId: string;
}

export interface BulkRetryProgress {
  readonly state: 'RUNNING' | 'DONE' | 'CANCELLED';
  readonly matched: number;
  readonly accepted: number;
  readonly refused: number;
}

export const BULK_RETRY = 'bulkRetry';
export const BULK_RETRY_STATUS = 'bulkRetryStatus';
export const bulkRetryId = (id: string): string => `giftcard.bulk-retry/${id}`;
