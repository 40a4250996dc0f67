import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { RefundStep } from './refund-redemption.ts';
import { IS_AWAITED } from './reverse-payout.ts';

/**
 * What the provider had taken back from a merchant has gone back to the merchant, for this fee of the first. Where the card
 * has its value already the merchant owes it; else the refund waits for the merchant, with a case number. Repeated it
 * changes nothing.
 * @throws DomainError refund_not_found when the intent is none of ours.
 */
export const reversePullBack = (
  db: Db,
  input: { intentId: string; providerId: string; providerFeeMinor: bigint },
  cause: Cause,
): Promise<RefundStep> => callCommand<RefundStep>(db, 'reverse_pull_back', { ...input, ...cause });

export interface AwaitedPullBack {
  readonly refundId: string;
  /** As of a payout. */
  readonly awaited: boolean;
}

/** Whose refund this intent is of; undefined where it is of none. */
export async function findRefundIntent(db: Db, id: string): Promise<AwaitedPullBack | undefined> {
  const { rows } = (await db.raw(FIND, [id])) as { rows: AwaitedPullBack[] };
  return rows[0];
}

const FIND = `select i.refund_id as "refundId", ${IS_AWAITED} as awaited from refund_intents i where i.id = ?::uuid`;
