import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Database, Db } from '../connect.ts';
import type { PayoutRules } from '../../runtime/payout-rules.ts';
import type { SettlementStep } from './pay-settlement.ts';

/** Lines of what was earned in one batch, beside the refunds that lessen it; more makes another part of the same window. */
export const MAX_BATCH_LINES = 10_000;
/** Stamping them takes about a second, and longer on a busy machine: nobody waits for it, and the lines wait in no case. */
const FORM_TIMEOUT = '30s';

interface Window extends PayoutRules {
  readonly currency: string;
  /** `2026-11-21T05` of an hour, `2026-11-21` of a day, to the millisecond where a person asked. */
  readonly window: string;
  readonly workflowId: string;
}

export interface FormBatch extends Window {
  readonly merchantId: string;
  readonly part: number;
}

/**
 * One settlement of what is open for a merchant: 10,000 redemptions at most as a rule, and all refunds; each line is in one
 * batch only.
 * @returns its first step; null when nothing is to be paid now, and the lines wait for the next window.
 */
export const formBatch = (db: Database, input: FormBatch, cause: Cause): Promise<SettlementStep | null> =>
  db.transaction(async (trx) => {
    await trx.raw(`set local statement_timeout = '${FORM_TIMEOUT}'`);
    return callCommand<SettlementStep | null>(trx, 'form_batch', { ...input, maxLines: MAX_BATCH_LINES, ...cause });
  });

/** The escrows of a batch that is paid are settled, piece by piece. @param onPiece called after each. */
export async function settleEscrows(db: Db, settlementId: string, onPiece: () => void): Promise<void> {
  for (let settled = ESCROWS_AT_ONCE; settled === ESCROWS_AT_ONCE;) {
    const input = { settlementId, limit: ESCROWS_AT_ONCE };
    ({ settled } = await callCommand<{ settled: number }>(db, 'settle_escrows', input));
    onPiece();
  }
}

const ESCROWS_AT_ONCE = 1_000;

/** One settlement of the platform's carried shares; null while they are not worth a transfer, or withheld. */
export const formPlatformBatch = (db: Db, input: Window, cause: Cause): Promise<SettlementStep | null> =>
  callCommand<SettlementStep | null>(db, 'form_platform_batch', { ...input, ...cause });

export type Cadence = 'hourly' | 'daily';

export interface DueMerchant {
  readonly merchantId: string;
  readonly currency: string;
  readonly lines: number;
}

/**
 * Merchants with open lines that a run of this cadence pays: by the hour those who chose so; by the day all of them,
 * because what was too little, or was refunded, waits for it.
 * @param after where the page before ended.
 */
export async function dueMerchants(
  db: Db,
  { cadence, after, limit }: { cadence: Cadence; after: DueMerchant | undefined; limit: number },
): Promise<DueMerchant[]> {
  const result: unknown = await db.raw(
    `select l.merchant_id as "merchantId", l.currency, count(*)::int as lines
     from settlement_lines l join merchants m on m.id = l.merchant_id
     where l.settlement_id is null and (:cadence = 'daily' or m.payout_schedule = :cadence)
       and (l.merchant_id, l.currency) > (:merchantId::uuid, :currency)
     group by 1, 2 order by 1, 2 limit :limit`,
    {
      cadence,
      limit,
      merchantId: after?.merchantId ?? '00000000-0000-0000-0000-000000000000',
      currency: after?.currency ?? '',
    },
  );
  return (result as { rows: DueMerchant[] }).rows;
}

/** Currencies in which shares of the platform were carried. */
export const carriedCurrencies = (db: Db): Promise<string[]> =>
  db('settlement_lines')
    .whereNull('merchant_id')
    .whereNull('settlement_id')
    .distinct()
    .orderBy('currency')
    .pluck<string[]>('currency');
