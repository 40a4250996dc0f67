import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { RefundStep } from './refund-redemption.ts';

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

export const findRefundIntent = (db: Db, id: string): Promise<{ id: string } | undefined> =>
  db('refund_intents').where({ id }).first<{ id: string }>('id');
