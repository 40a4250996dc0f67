import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import type { SettlementStep } from './pay-settlement.ts';

export interface ReversedPayout extends SettlementStep {
  readonly currency: string;
  /** Null: a carried share of the platform. */
  readonly merchantId: string | null;
  /** Null: of a batch. */
  readonly cardId: string | null;
  /** Whether the given workflow is to wait for the decision; else the settlement's own is still at work. */
  readonly mine: boolean;
}

/**
 * A payout came back: it is owed again, and a person has to decide. Repeated it changes nothing.
 * @throws DomainError settlement_not_found when the intent is none of ours.
 */
export const reversePayout = (
  db: Db,
  input: { intentId: string; workflowId: string },
  cause: Cause,
): Promise<ReversedPayout> => callCommand<ReversedPayout>(db, 'reverse_payout', { ...input, ...cause });

export const findSettlementIntent = (db: Db, id: string): Promise<{ id: string } | undefined> =>
  db('settlement_intents').where({ id }).first<{ id: string }>('id');
