import type { Cause } from '../../domain/cause.ts';
import { callCommand } from '../call-command.ts';
import type { Db } from '../connect.ts';
import { asDomainError } from '../errors.ts';

export interface Dispute {
  /** Also the funding's: a charge is disputed once. */
  readonly disputeId: string;
  readonly hostId: string;
  readonly currency: string;
  readonly amountMinor: string;
  /** What the wallet had of it. */
  readonly takenMinor: string;
  /** What the host owes for the rest. */
  readonly receivableMinor: string;
  /** The funding fee that went with the taken part: the platform's loss. */
  readonly lostFeeMinor: string;
  readonly state: 'OPEN' | 'WON' | 'LOST' | 'WRITTEN_OFF';
  readonly caseNumber: number;
  readonly reason: string | null;
  readonly resolvedBy: string | null;
  readonly createdAt: string;
}

interface DisputeCase {
  readonly disputeId: string;
  /** The case that the decision was made on. */
  readonly caseNumber: number;
}

/**
 * The provider has taken a charge back: freezes the wallet, takes what it has available, and books the rest as the
 * host's debt. Repeated for the same charge it returns the first result.
 * @throws DomainError funding_not_found, funding_not_credited.
 */
export const disputeFunding = (
  db: Db,
  input: { readonly fundingId: string; readonly amountMinor: bigint },
  cause: Cause,
): Promise<Dispute> => callCommand<Dispute>(db, 'dispute_funding', { ...input, ...cause });

/**
 * Won or lost, says finance.
 * @throws DomainError dispute_not_found, case_changed, case_not_open; dispute_debt_adjusted where it was won, and part of
 *   the debt had been given up by hand.
 */
export const resolveDispute = (
  db: Db,
  input: DisputeCase & { readonly outcome: 'WON' | 'LOST'; readonly reason: string },
  cause: Cause,
): Promise<Dispute> => callCommand<Dispute>(db, 'resolve_dispute', { ...input, ...cause });

/**
 * What the host owes for a lost dispute is given up, as two people decided.
 * @throws DomainError dispute_not_found, case_changed, case_not_open, second_person_missing, dispute_debt_adjusted.
 */
export const writeOffDispute = (
  db: Db,
  input: DisputeCase & { readonly reason: string },
  cause: Cause,
): Promise<Dispute> => callCommand<Dispute>(db, 'write_off_dispute', { ...input, ...cause });

/** What `resolveDispute` would refuse, before a workflow is asked. @throws DomainError dispute_debt_adjusted. */
export async function requireWholeDebt(db: Db, disputeId: string): Promise<void> {
  await db
    .raw('select require_whole_debt(d) from wallet_disputes d where d.id = ?', [disputeId])
    .catch((error: unknown) => {
      throw asDomainError(error);
    });
}

/** The dispute has ended, and the host's escrow in the other domain is free again. */
export async function noteUnfrozen(db: Db, disputeId: string): Promise<void> {
  await db('wallet_disputes')
    .where({ id: disputeId })
    .whereNot({ state: 'OPEN' })
    .whereNull('unfrozen_at')
    .update({ unfrozen_at: db.fn.now() });
}
