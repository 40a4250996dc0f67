import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';

export interface RequestAdjustment {
  readonly adjustmentId: string;
  readonly kind: 'receivable_write_off' | 'reconciliation_loss';
  /** Of a receivable: what kind of debt, and whose. */
  readonly debtorType: 'merchant:receivable' | 'host:receivable' | null;
  readonly debtorId: string | null;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly reason: string;
}

export interface Adjustment {
  readonly adjustmentId: string;
  readonly kind: RequestAdjustment['kind'];
  readonly debtorType: string | null;
  readonly debtorId: string | null;
  readonly currency: string;
  readonly amountMinor: string;
  readonly reason: string;
  readonly state: 'REQUESTED' | 'BOOKED' | 'REJECTED';
  readonly requestedBy: string;
  readonly decidedBy: string | null;
  /** Of a booked one: it can be reversed by hand. */
  readonly transferId: string | null;
  readonly createdAt: string;
}

/** Asks for a booking by hand; nothing moves until another person approves it. */
export const requestAdjustment = (db: Db, input: RequestAdjustment, cause: Cause): Promise<Adjustment> =>
  callCommand<Adjustment>(db, 'request_adjustment', { ...input, ...cause });

/**
 * The second person's word; an approval books.
 * @throws DomainError adjustment_not_found, adjustment_decided, second_person_missing, ledger_insufficient_balance (more
 *   than is owed).
 */
export const decideAdjustment = (
  db: Db,
  input: { adjustmentId: string; approve: boolean },
  cause: Cause,
): Promise<Adjustment> => callCommand<Adjustment>(db, 'decide_adjustment', { ...input, ...cause });

/** Newest first. */
export async function listAdjustments(db: Db, page: Page): Promise<Adjustment[]> {
  const query = db('finance_adjustments').select<{ answer: Adjustment }[]>(
    db.raw('adjustment_answer(finance_adjustments) as answer'),
  );
  newestFirst(query, 'finance_adjustments', page);
  return (await query).map(({ answer }) => answer);
}
