import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { newestFirst, type Page } from '../page.ts';
import { filterCases, type CaseFilter, type CaseTable } from '../parked-cases.ts';

export interface RequestRefund {
  readonly refundId: string;
  readonly redemptionId: string;
  /** Null: all that is left of the redemption. */
  readonly amountMinor: bigint | null;
  readonly reason: string;
}

export interface Refund {
  readonly refundId: string;
  readonly redemptionId: string;
  readonly cardId: string;
  readonly merchantId: string;
  readonly currency: string;
  readonly amountMinor: string;
  /** What the card's shares went down by; null until it is booked. */
  readonly feeMinor: string | null;
  readonly serviceMinor: string | null;
  readonly merchantMinor: string | null;
  readonly state: 'REQUESTED' | 'WAITING_FOR_SETTLEMENT' | 'PULLING_BACK' | 'WAITING_FOR_MERCHANT' | 'COMPLETED';
  readonly way: 'before_payout' | 'netted' | 'pulled_back' | 'honoured' | null;
  readonly caseNumber: number;
  readonly failureCode: string | null;
  readonly reason: string;
  readonly createdAt: string;
}

export interface RefundStep extends Refund {
  /** What the provider is to take back, or is asked about, now. */
  readonly intent: {
    readonly intentId: string;
    readonly amountMinor: string;
    readonly currency: string;
    readonly sourceAccount: string;
    readonly firstSentAt: string;
  } | null;
}

interface RefundRef {
  readonly refundId: string;
}

/**
 * Asks for value of a redemption back; what can be booked at once is. Repeated with the same id it goes on with what
 * stands.
 * @throws DomainError redemption_not_found, refund_exceeds_redemption.
 */
export const requestRefund = (db: Db, input: RequestRefund, cause: Cause): Promise<RefundStep> =>
  callCommand<RefundStep>(db, 'request_refund', { ...input, ...cause });

/**
 * Books it, waits for the settlement under way, or has the provider take the merchant's part back. With a case number
 * because somebody has decided so, which is noted.
 * @throws DomainError case_not_open, case_changed.
 */
export const continueRefund = (
  db: Db,
  input: RefundRef & { caseNumber?: number; decisionReason?: string },
  cause: Cause,
): Promise<RefundStep> => callCommand<RefundStep>(db, 'continue_refund', { ...input, ...cause });

/** The provider has taken it back: the card has its value again. */
export const completePullBack = (
  db: Db,
  input: RefundRef & { intentId: string; providerId: string; providerFeeMinor: bigint },
  cause: Cause,
): Promise<RefundStep> => callCommand<RefundStep>(db, 'complete_pull_back', { ...input, ...cause });

/** The provider definitely cannot: the refund waits for the merchant, with a case number. */
export const refusePullBack = (
  db: Db,
  input: RefundRef & { intentId: string; failureCode: string },
  cause: Cause,
): Promise<RefundStep> => callCommand<RefundStep>(db, 'refuse_pull_back', { ...input, ...cause });

/** Nobody can say: a person has to look, and the intent stays open. */
export const parkRefund = (db: Db, input: RefundRef & { reason: string }, cause: Cause): Promise<RefundStep> =>
  callCommand<RefundStep>(db, 'park_refund', { ...input, ...cause });

/**
 * The platform lends the merchant's part, as two people have decided.
 * @throws DomainError case_not_open, case_changed, second_person_missing, refund_pull_back_open.
 */
export const honourRefund = (
  db: Db,
  input: RefundRef & { caseNumber: number; decisionReason?: string },
  cause: Cause,
): Promise<RefundStep> => callCommand<RefundStep>(db, 'honour_refund', { ...input, ...cause });

const ANSWER = 'refund_answer(refunds, null) as answer';

export async function findRefund(db: Db, refundId: string): Promise<Refund | undefined> {
  const row = await db('refunds').where({ id: refundId }).first<{ answer: RefundStep }>(db.raw(ANSWER));
  return row && withoutIntent(row.answer);
}

export const REFUND_CASES: CaseTable = {
  table: 'refunds',
  reason: 'failure_code',
  amount: 'amount_minor',
  state: 'WAITING_FOR_MERCHANT',
};

export interface RefundFilter extends Page, CaseFilter {
  readonly merchantId?: string | undefined;
  /** Only those of this user's merchants. */
  readonly ownerId?: string | undefined;
  readonly state?: string | undefined;
}

/** Newest first. */
export async function listRefunds(db: Db, { ownerId, state, merchantId, ...filter }: RefundFilter): Promise<Refund[]> {
  const query = db('refunds').select<{ answer: RefundStep }[]>(db.raw(ANSWER));
  if (ownerId !== undefined)
    void query.whereIn('merchant_id', db('merchants').where({ owner_id: ownerId }).select('id'));
  if (state !== undefined) void query.where({ state });
  if (merchantId !== undefined) void query.where({ merchant_id: merchantId });
  filterCases(query, REFUND_CASES, filter);
  newestFirst(query, 'refunds', filter);
  return (await query).map(({ answer }) => withoutIntent(answer));
}

const withoutIntent = ({ intent: _intent, ...refund }: RefundStep): Refund => refund;

export interface RefundIntent {
  readonly intentId: string;
  readonly number: number;
  readonly amountMinor: bigint;
  readonly sourceAccount: string;
  readonly state: 'SENT' | 'UNKNOWN' | 'SUCCEEDED' | 'FAILED_DEFINITE' | 'REVERSED';
  readonly failureCode: string | null;
  readonly firstSentAt: Date;
}

/** What the provider was asked to take back, the newest last. */
export const listRefundIntents = (db: Db, refundId: string): Promise<RefundIntent[]> =>
  db('refund_intents').where({ refund_id: refundId }).orderBy('number').select<RefundIntent[]>({
    intentId: 'id',
    number: 'number',
    amountMinor: 'amount_minor',
    sourceAccount: 'source_account',
    state: 'state',
    failureCode: 'failure_code',
    firstSentAt: 'first_sent_at',
  });
